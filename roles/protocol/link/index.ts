export * from './link.ts'
export * from './fields.ts'
export { isIPv4, isIPv6 } from './address.ts'
