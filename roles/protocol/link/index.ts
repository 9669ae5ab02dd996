export * from './link.ts'
export * from './fields.ts'
