import type { Found } from './apt.mjs'
export function findChromium(env?: Record<string, string | undefined>): Found
export function prepareChromium(say?: (line: string) => void): Found
