/**
 * Five people with a computer each, a bitcoind that all of them reach, and nothing else in common: no tracker, no folder, no process. Each types `golem …`: one
 * publishes a poll, three host it, two use it, and one of these hosts another app besides. A computer is lost and comes back from twelve words, a host leaves, another
 * joins, and in the end whoever wants replays everything.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
const BLOCKS = 300
/** Where every node's torrent client is reached: with one such address of another, one finds the others by the hash table. */
const SWARM = 7001

interface Overview {
  engagements: { id: string; role: 'supervisor' | 'server' | 'client'; title: string; state: string; detail: string }[]
}
interface Request {
  id: string
  state: string
}
interface Restored {
  state: string
  found: { role: string; title: string | null }[]
  unknown: string[]
}
type Row = Record<string, unknown>

// Skipped on the embedded chain, which one process alone reaches (stage bitcoind runs it), and where network namespaces or bitcoind cannot be had.
describe.skipIf(!here)('five strangers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-strangers-'))
  let world: Namespaces
  let bitcoind: Bitcoind
  let chain: RpcChain
  let people: Stranger[]
  /** One publishes the poll, three host it, of whom the last uses it too; one uses it and hosts another app, which the first of the hosts publishes. */
  let [ada, ben, cem, dan, eva] = [] as unknown as [Stranger, Stranger, Stranger, Stranger, Stranger]
  let words: string

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
    ;[ada, ben, cem, dan, eva] = people as typeof people & [Stranger, Stranger, Stranger, Stranger, Stranger]
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
      (
        await Promise.all(
          people.map(async (one) => `${JSON.stringify(await one.golem('status').catch(String))}\n${one.output.slice(-8).join('\n')}`),
        )
      ).join('\n\n')
    return waitFor(what, found, {
      lookMs: BLOCK_MS,
      moved: () => blocks,
      state,
      budget: { of: 'blocks', spent: () => blocks, most: BLOCKS },
    })
  }
  /** Blocks come while a command waits. @throws what it refuses with */
  async function during<T>(what: string, work: Promise<T>): Promise<T> {
    let over = false
    const ended = work.finally(() => (over = true))
    ended.catch(() => undefined)
    await until(what, () => Promise.resolve(over))
    return ended
  }
  const engagementOf = async (one: Stranger, role: Overview['engagements'][number]['role'], title = 'Poll') =>
    (await one.golem<Overview>('status')).engagements.find((each) => each.role === role && each.title === title)
  const isServing = async (one: Stranger, title = 'Poll'): Promise<boolean> =>
    (await engagementOf(one, 'server', title))?.state === 'serving'
  /** What a tick proves; none while nothing can be read yet. */
  async function rowsOf(one: Stranger, collection: string): Promise<Row[]> {
    const read = await one.golem<{ proved: boolean; rows: Row[] }>('read', collection, '--app', 'Poll').catch(() => null)
    if (read !== null) expect(read.proved).toBe(true)
    return read?.rows ?? []
  }
  /** Asks, approves and waits until a tick counts it, in one command: what the app cannot take now it asks again by itself. */
  async function write(one: Stranger, endpoint: string, request: Row): Promise<void> {
    const asked = one.golem<Request>(
      'call',
      endpoint,
      '--app',
      'Poll',
      '--request',
      JSON.stringify(request),
      '--approve',
      '--yes',
      '--wait',
    )
    expect(await during(`${endpoint} to count`, asked)).toMatchObject({ state: 'counted' })
  }
  const toRead = (one: Stranger, collection: string, wanted: (row: Row) => boolean): Promise<Row> =>
    until(`${collection} to be read`, async () => (await rowsOf(one, collection)).find(wanted) ?? null)

  /** What has to be said before a node talks to strangers; it counts from its next start on. */
  async function begin(one: Stranger, entry: Stranger): Promise<void> {
    await one.start()
    await one.golem('settings', 'set', 'host.address', one.address)
    await one.golem('settings', 'set', 'swarm.port', String(SWARM))
    // Neighbours who say what they have are nobody's: what is found is found by the hash table.
    await one.golem('settings', 'set', 'swarm.lsd', 'false')
    await one.golem('settings', 'set', 'swarm.bootstrap', JSON.stringify([`${entry.address}:${SWARM}`]))
  }
  async function again(one: Stranger): Promise<void> {
    await one.stop()
    await one.start()
  }

  it('start a node each, tell it where it is and make a wallet, which somebody gives coins', async () => {
    const phrases = await Promise.all(
      people.map(async (one, n) => {
        await begin(one, people[n === 0 ? 1 : 0]!)
        const phrase = await makeWallet(one)
        await again(one)
        return phrase
      }),
    )
    words = phrases[0]!
    expect(words.split(' ')).toHaveLength(12)
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

  const termsOf = (minimumServers: number): string[] =>
    [`minimumServers=${minimumServers}`, 'tickBlocks=3', 'witnesses=0', 'spare=0'].flatMap((term) => ['-t', term])
  async function accept(one: Stranger, title: string): Promise<void> {
    await until('a host to see the offer', async () =>
      (await one.golem<{ title: string }[]>('offers')).some((offer) => offer.title === title),
    )
    await one.golem('host', 'join', title)
  }

  it('publish an app, find it by the hash table alone, and host it', async () => {
    await ada.golem('publish', 'resources/apps/poll.json', '--title', 'Poll', ...termsOf(3))
    for (const host of [ben, cem, dan]) await accept(host, 'Poll')
    await until('three servers to serve', async () => (await Promise.all([ben, cem, dan].map((host) => isServing(host)))).every(Boolean))
  })

  it('use it: what one approves, another reads with its proof; and a computer that uses it hosts another app too', async () => {
    const used = Promise.all([dan, eva].map((user) => user.golem('use', 'Poll', '--wait')))
    await during('the app to be usable', used)
    await write(eva, 'create', { question: 'Where?', options: ['Here', 'There'] })
    await toRead(dan, 'polls', ({ question }) => question === 'Where?')
    await ben.golem('publish', 'resources/apps/guestbook.json', '--title', 'Guestbook', ...termsOf(3))
    for (const host of [cem, dan, eva]) await accept(host, 'Guestbook')
    await until('the guestbook to be served', async () => (await isServing(cem, 'Guestbook')) && (await isServing(eva, 'Guestbook')))
  })

  it('go on after the computer that publishes it has lost everything but twelve words', async () => {
    const before = await engagementOf(ada, 'supervisor')
    await ada.stop()
    rmSync(ada.folder, { recursive: true })
    await begin(ada, ben)
    await again(ada)
    const file = join(folder, '0', 'phrase')
    writeFileSync(file, `${words}\n`)
    await ada.golem('wallet', 'restore', '--phrase-file', file)
    await ada.golem('wallet', 'find')
    const restored = await until('the wallet to know what it took part in', async () => {
      const found = await ada.golem<Restored>('wallet', 'found')
      return found.state !== 'running' && found
    })
    expect(restored).toMatchObject({ state: 'done', unknown: [], found: [{ role: 'supervisor', title: 'Poll' }] })
    expect((await engagementOf(ada, 'supervisor'))?.id).toBe(before!.id)
    await write(dan, 'create', { question: 'When?', options: ['Now', 'Then'] })
    await toRead(eva, 'polls', ({ question }) => question === 'When?')
    expect((await rowsOf(eva, 'polls')).map(({ question }) => question).sort()).toEqual(['When?', 'Where?'])
  })

  it('go on when the power fails for one that publishes an app and hosts another', async () => {
    await ben.kill()
    await ben.start()
    await until('both to be at work again', async () => {
      const supervised = await engagementOf(ben, 'supervisor', 'Guestbook')
      return supervised?.state === 'ticking' && (await isServing(ben))
    })
    await write(dan, 'create', { question: 'Who?', options: ['We', 'They'] })
    await toRead(eva, 'polls', ({ question }) => question === 'Who?')
    expect(await isServing(cem, 'Guestbook')).toBe(true)
  })

  it('go on when a host leaves and another joins', async () => {
    await cem.golem('host', 'leave', 'Poll')
    await until('the host to be gone', async () => (await engagementOf(cem, 'server')) === undefined)
    await accept(eva, 'Poll')
    await until('the new host to serve', () => isServing(eva))
    const when = await toRead(dan, 'polls', ({ question }) => question === 'When?')
    await write(eva, 'vote', { poll: when['$key'], choice: 'Now' })
    await toRead(dan, 'votes', ({ choice }) => choice === 'Now')
    expect(await isServing(cem, 'Guestbook')).toBe(true)
  })

  it('find every root right, each by its own replay', async () => {
    for (const one of [dan, eva]) {
      const audit = await during('the audit', one.golem<{ ok: boolean; ticks: { equal: boolean }[] }>('audit', 'Poll'))
      expect(audit.ok).toBe(true)
      expect(audit.ticks.length).toBeGreaterThan(3)
      expect(audit.ticks.every(({ equal }) => equal)).toBe(true)
    }
  })
})
