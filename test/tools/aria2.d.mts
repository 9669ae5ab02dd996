import type { Found } from './apt.mjs'
export function findAria2(env?: Record<string, string | undefined>): Found
export function prepareAria2(say?: (line: string) => void): Found
