/** Starts a real bitcoind in regtest for a test, and stops that one only. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchBitcoind } from '../../main/adapters/chain/bitcoind/index.ts'
import type { Bitcoind } from '../../main/adapters/chain/bitcoind/index.ts'
import { findBitcoind, installBitcoind } from './bitcoind-install.mjs'
import type { BitcoindCommand } from './bitcoind-install.mjs'

export type { Bitcoind }

/** Set to 1 where a missing bitcoind has to be a failure (the release pipeline). */
const isRequired = process.env.GOLEM_REQUIRE_BITCOIND === '1'

/**
 * How to start bitcoind, downloading it if need be and possible, or the reason why not with what to install.
 * Throws instead of a reason when GOLEM_REQUIRE_BITCOIND=1; otherwise says loudly that tests are skipped.
 */
export function bitcoindAvailable(): BitcoindCommand {
  const known = findBitcoind()
  const found = known.command ? known : installBitcoind((line) => console.log(`bitcoind: ${line}`))
  if (found.command) return found
  if (isRequired) throw new Error(`GOLEM_REQUIRE_BITCOIND=1, but ${found.missing}`)
  console.warn(`\n*** SKIPPED: tests against a real bitcoind: ${found.missing} ***\n`)
  return found
}

/**
 * Starts bitcoind on loopback and waits until its RPC answers; one password for all, so that a restart on the same port is the same node.
 * @param options.datadir kept when given, otherwise a temporary folder that `stop` deletes; `port` of the RPC, by default the system
 * picks one; `args` are further command line options
 */
export async function startBitcoind(options: { datadir?: string; port?: number; args?: string[] } = {}): Promise<Bitcoind> {
  const found = bitcoindAvailable()
  if (!found.command) throw new Error(found.missing)
  const datadir = options.datadir ?? mkdtempSync(join(tmpdir(), 'golem-bitcoind-'))
  const bitcoind = await launchBitcoind({ ...options, command: found.command, datadir, password: 'golem-test' })
  const stop = async () => {
    await bitcoind.stop()
    if (options.datadir === undefined) rmSync(datadir, { recursive: true, force: true })
  }
  return { ...bitcoind, stop }
}
