export * from './anchor.ts'
export * from './fields.ts'
export * from './seal.ts'
export * from './types.ts'
