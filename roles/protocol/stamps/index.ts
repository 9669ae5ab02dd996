export * from './stamp.ts'
export * from './verify-stamp.ts'
export * from './verify-update.ts'
export * from './tombstone.ts'
