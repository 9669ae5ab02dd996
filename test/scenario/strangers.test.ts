/**
 * Five people with a computer each, a bitcoind that all of them reach, and nothing else in common: no tracker, no folder, no process. Each types `golem …`: one
 * publishes a poll, three host it, one uses it, and one of the hosts reads what that one wrote.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRpcChain, type RpcChain } from '../../main/adapters/chain/index.ts'
import { waitFor } from '../../main/hosts/headless/network/patience.ts'
import { must } from '../../roles/protocol/result.ts'
import { bitcoindAvailable, startBitcoind, type Bitcoind } from '../tools/bitcoind.ts'
import { createNamespaces, namespacesAvailable, type Namespaces } from '../tools/namespaces.ts'
import { buildForStrangers, createStranger, makeWallet, type Stranger } from '../tools/namespaces/stranger.ts'

const here = process.env['GOLEM_CHAIN'] === 'bitcoind' && namespacesAvailable() && bitcoindAvailable().command !== undefined
/** Between blocks: each is to be seen by nodes that look four times a second, on a machine that has other things to do. */
const BLOCK_MS = 2_000
/** What one waits for comes within so many. */
const BLOCKS = 200

interface Overview {
  engagements: { role: 'supervisor' | 'server' | 'client'; title: string; state: string }[]
  apps: { actors?: unknown[] }[]
}

describe.skipIf(!here)('five strangers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-strangers-'))
  let world: Namespaces
  let bitcoind: Bitcoind
  let chain: RpcChain
  let people: Stranger[]

  beforeAll(async () => {
    await buildForStrangers()
    world = createNamespaces(5)
    bitcoind = await startBitcoind({ args: [`-rpcbind=${world.host}`, `-rpcallowip=${world.subnet}`] })
    chain = createRpcChain({ ...bitcoind, network: 'regtest', log: { log: () => undefined } })
    const url = bitcoind.url.replace('127.0.0.1', `${bitcoind.user}@${world.host}`)
    people = world.nodes.map((node, n) => {
      mkdirSync(join(folder, String(n)))
      return createStranger(node, join(folder, String(n), 'node'), { url, password: bitcoind.password })
    })
  })
  afterAll(async () => {
    await Promise.allSettled(people?.map((one) => one.stop()) ?? [])
    chain?.close()
    await bitcoind?.stop()
    await world?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Looks, and as long as it is not there yet, a block comes. @throws after far more blocks than it can take */
  async function until<T>(what: string, look: () => Promise<T | null | false>): Promise<T> {
    let blocks = 0
    const found = async (): Promise<T | null | false> => {
      const seen = await look()
      if (seen !== null && seen !== false) return seen
      must(await chain.control.mineTo(1, null))
      blocks++
      return null
    }
    const state = async (): Promise<string> =>
      (await Promise.all(people.map(async (one) => JSON.stringify(await one.golem('status').catch(String))))).join('\n')
    return waitFor(what, found, {
      lookMs: BLOCK_MS,
      moved: () => blocks,
      state,
      budget: { of: 'blocks', spent: () => blocks, most: BLOCKS },
    })
  }
  const stateOf = async (one: Stranger, role: Overview['engagements'][number]['role']): Promise<string | undefined> =>
    (await one.golem<Overview>('status')).engagements.find((each) => each.role === role)?.state

  it('start a node each, tell it where it is and make a wallet, which somebody gives coins', async () => {
    await Promise.all(people.map((one) => one.start()))
    for (const [n, one] of people.entries()) {
      await one.golem('settings', 'set', 'host.address', one.address)
      if (n === 0) await one.golem('settings', 'set', 'swarm.port', '7001')
      else await one.golem('settings', 'set', 'swarm.bootstrap', JSON.stringify([`${people[0]!.address}:7001`]))
      expect((await makeWallet(one)).split(' ')).toHaveLength(12)
    }
    // Some settings count from the next start on.
    await Promise.all(people.map((one) => one.stop()))
    await Promise.all(people.map((one) => one.start()))
    for (const one of people) {
      const { address } = await one.golem<{ address: string }>('wallet', 'receive')
      must(await chain.control.mineTo(2, address))
    }
    must(await chain.control.mineTo(101, null))
    await until('everybody to have coins', async () => {
      const balances = await Promise.all(people.map((one) => one.golem<{ confirmed: number }>('wallet', 'balance')))
      return balances.every(({ confirmed }) => confirmed > 0)
    })
  })

  it('publish an app, find it by the hash table alone, and host it', async () => {
    const terms = ['minimumServers=3', 'tickBlocks=3', 'witnesses=0', 'spare=0'].flatMap((term) => ['-t', term])
    await people[0]!.golem('publish', 'resources/apps/poll.json', '--title', 'Poll', ...terms)
    for (const host of people.slice(1, 4)) {
      await until('a host to see the offer', async () => (await host.golem<unknown[]>('offers')).length > 0)
      await host.golem('host', 'join', 'Poll')
    }
    await until('three servers to serve', async () => {
      const states = await Promise.all(people.slice(1, 4).map((host) => stateOf(host, 'server')))
      return states.every((state) => state === 'serving')
    })
  })

  it('use it: what one approves, another reads with its proof', async () => {
    const [, host, , , user] = people as [Stranger, Stranger, Stranger, Stranger, Stranger]
    await user.golem('use', 'Poll')
    await until('the user to be registered', async () => (await stateOf(user, 'client')) === 'registered')
    const request = JSON.stringify({ question: 'Where?', options: ['Here', 'There'] })
    const { id } = await until('an answer', () => user.golem<{ id: string }>('call', 'create', '--request', request).catch(() => null))
    await until('the approval to be taken', () =>
      user.golem('approve', id, '--yes').then(
        () => true,
        () => false,
      ),
    )
    await host.golem('use', 'Poll', '--read-only')
    const rows = await until('the poll to be read', async () => {
      const read = await host.golem<{ rows: { fields: Record<string, unknown> }[] }>('read', 'polls', '--app', 'Poll').catch(() => null)
      return read !== null && read.rows.length > 0 && read.rows
    })
    expect(JSON.stringify(rows)).toContain('Where?')
  })
})
