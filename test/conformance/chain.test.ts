/** One suite over the embedded node and over a real bitcoind: the embedded one refuses with the same codes and reasons. */
import { describe, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedNode, createRpcChain, createRpcServer } from '../../main/adapters/chain/index.ts'
import { bitcoindAvailable, startBitcoind } from '../tools/bitcoind.ts'
import { chainConformance } from './chain.ts'
import type { ChainUnderTest } from './chain.ts'

const log = { log: () => undefined }
const access = { user: 'golem', password: 'test' }

async function startEmbedded(): Promise<ChainUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-chain-'))
  let node = createEmbeddedNode({ folder })
  let server = await createRpcServer(node, { port: 0, ...access })
  const { url, port } = server
  const chain = createRpcChain({ url, ...access, network: 'regtest', pollMs: 20, log })
  const end = async () => {
    await server.close()
    node.close()
  }
  const stop = async () => {
    chain.close()
    await end()
    rmSync(folder, { recursive: true })
  }
  const outage = async () => {
    await end()
    return async () => {
      node = createEmbeddedNode({ folder })
      server = await createRpcServer(node, { port, ...access })
    }
  }
  return { chain, stop, outage }
}

async function startReal(): Promise<ChainUnderTest> {
  const datadir = mkdtempSync(join(tmpdir(), 'golem-bitcoind-'))
  let bitcoind = await startBitcoind({ datadir })
  const { url, user, password } = bitcoind
  const chain = createRpcChain({ url, user, password, network: 'regtest', pollMs: 20, log })
  const stop = async () => {
    chain.close()
    await bitcoind.stop()
    rmSync(datadir, { recursive: true, force: true })
  }
  const outage = async () => {
    await bitcoind.stop()
    return async () => {
      bitcoind = await startBitcoind({ datadir, port: Number(new URL(url).port) })
    }
  }
  return { chain, stop, outage }
}

chainConformance('embedded node', startEmbedded)

const real = bitcoindAvailable()
if (real.command) chainConformance(`bitcoind, ${real.source}`, startReal)
else describe.skip('chain conformance: bitcoind', () => it(real.missing, () => undefined))
