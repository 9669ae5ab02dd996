/** One suite over the embedded node and over a real bitcoind: the embedded one refuses with the same codes and reasons. */
import { describe, it } from 'vitest'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedNode, createRpcChain, createRpcServer } from '../../main/adapters/chain/index.ts'
import { bitcoindAvailable, startBitcoind } from '../tools/bitcoind.ts'
import { chainConformance } from './chain.ts'
import type { ChainUnderTest } from './chain.ts'
import { chainPolicyConformance } from './chain-policy.ts'
import type { PolicyUnderTest } from './chain-policy.ts'

const log = { log: () => undefined }
const access = { user: 'golem', password: 'test' }

async function startEmbedded(policy: PolicyUnderTest = {}): Promise<ChainUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-chain-'))
  const { maxMempool, ...others } = policy
  // A megabyte of memory holds about 887,000 vbytes of transactions with many outputs.
  const open = () =>
    createEmbeddedNode({ folder, policy: { ...others, ...(maxMempool === undefined ? {} : { maxMempool: maxMempool * 887_000 }) } })
  let node = open()
  let server = await createRpcServer(node, { port: 0, ...access })
  const { url, port } = server
  const chain = createRpcChain({ url, ...access, network: 'regtest', pollMs: 20, waits: true, log })
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
      node = open()
      server = await createRpcServer(node, { port, ...access })
    }
  }
  return { chain, stop, outage }
}

const bitcoins = (satsPerKvB: number) => (satsPerKvB / 1e8).toFixed(8)
const argsFor = ({ blocksOnly, dataCarrierSize, minRelayRate, dustRate, maxMempool }: PolicyUnderTest): string[] => [
  ...(blocksOnly ? ['-blocksonly=1'] : []),
  ...(dataCarrierSize === undefined ? [] : dataCarrierSize === 0 ? ['-datacarrier=0'] : [`-datacarriersize=${dataCarrierSize}`]),
  ...(minRelayRate === undefined ? [] : [`-minrelaytxfee=${bitcoins(minRelayRate * 1000)}`]),
  ...(dustRate === undefined ? [] : [`-dustrelayfee=${bitcoins(dustRate)}`]),
  ...(maxMempool === undefined ? [] : [`-maxmempool=${maxMempool}`]),
]

async function startReal(policy: PolicyUnderTest = {}): Promise<ChainUnderTest> {
  const args = argsFor(policy)
  const datadir = mkdtempSync(join(tmpdir(), 'golem-bitcoind-'))
  let bitcoind = await startBitcoind({ datadir, args })
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
      bitcoind = await startBitcoind({ datadir, args, port: Number(new URL(url).port) })
    }
  }
  return { chain, stop, outage }
}

chainConformance('embedded node', startEmbedded)
chainPolicyConformance('embedded node', startEmbedded)

const real = bitcoindAvailable()
if (real.command) {
  chainConformance(`bitcoind, ${real.source}`, startReal)
  chainPolicyConformance(`bitcoind, ${real.source}`, startReal)
} else describe.skip('chain conformance: bitcoind', () => it(real.missing, () => undefined))
