import type { BitcoindCommand } from '../../main/adapters/chain/bitcoind/find.mjs'

export { findBitcoind } from '../../main/adapters/chain/bitcoind/find.mjs'
export type { BitcoindCommand }
export function installBitcoind(say?: (line: string) => void): BitcoindCommand
