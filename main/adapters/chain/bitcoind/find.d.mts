export type BitcoindCommand = { command: string[]; source: string; missing?: undefined } | { missing: string; command?: undefined }
export const cacheFolder: string
export const manifestFile: string
export function findBitcoind(env?: NodeJS.ProcessEnv): BitcoindCommand
