export * from './crypto.ts'
export * from './envelope.ts'
export * from './work.ts'
export * from './merkle.ts'
