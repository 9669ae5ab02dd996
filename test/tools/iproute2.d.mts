import type { Found } from './apt.mjs'
export function findIp(env?: Record<string, string | undefined>): Found
export function prepareIp(say?: (line: string) => void): Found
