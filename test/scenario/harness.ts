/**
 * A cast of actors for stories: the real local network with every participant in a process of its own, and words to wait and look with.
 * GOLEM_CHAIN=bitcoind tells the stories on a real bitcoind.
 */
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, type WriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { CommandArgs, CommandName, CommandResult, Overview, RequestView, RowsView } from '../../main/contract/index.ts'
import { seen, type Seen } from '../../main/contract/seen.ts'
import { createFacade } from '../../main/hosts/headless/network/facade.ts'
import { startLocalNetwork, type LocalNetwork } from '../../main/hosts/headless/network/local-network.ts'
import { attend, waitFor, type Found, type Progress } from '../../main/hosts/headless/network/patience.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { must } from '../../roles/protocol/result.ts'
import { anchorsIn, taprootScript, txid } from '../../roles/protocol/tx/index.ts'
import { repository } from '../architecture/rules.ts'
import { startBitcoind } from '../tools/bitcoind.ts'

/** The document of a sample app, as it is committed. */
export const sampleApp = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`../../resources/apps/${name}.json`, import.meta.url)), 'utf8')) as Record<string, unknown>
export const GUESTBOOK = sampleApp('guestbook')

export type View = Overview & Seen

export interface CastOptions {
  servers: number
  clients: string[]
  blockMs: number
  program?: unknown
  tickBlocks?: number
}

export interface Anchored {
  type: string
  sha256: string
  txid: string
  height: number
}

export interface Cast {
  readonly network: LocalNetwork
  /** Below it each participant has its data folder, by name. */
  readonly folder: string
  /** What all participants wrote to their logs. */
  readonly output: string[]
  /** Calls a command of the network, or of one participant. Throws with the failure's words. */
  call<N extends CommandName>(name: N, args: CommandArgs<N>, participant?: string): Promise<CommandResult<N>>
  view(participant?: string): Promise<View>
  /** Waits until the view satisfies a condition, as long as anybody moves and for so many blocks at most. */
  until<T>(what: string, found: (view: View) => Found<T> | Promise<Found<T>>, participant?: string): Promise<T>
  /** The client with so many keys in reserve for every collection, one without a number. */
  ready(name: string, keys?: number): Promise<{ id: string }>
  /** Sends a request and waits for what comes back, no regular block in between; while the app sleeps, after each next tick again. */
  send(name: string, endpoint: string, args: Record<string, unknown>): Promise<RequestView>
  request(id: string, states: RequestView['state'][]): Promise<RequestView>
  /** Approves and waits until a tick decided. */
  publish(request: RequestView): Promise<RequestView>
  read(name: string, index: [collection: string, index: string], equals: string[]): Promise<RowsView>
  /** The newest blocks give way to a branch that is one longer. */
  reorg(depth: number): Promise<void>
  /** Every anchor of the best chain, in order. */
  anchors(): Promise<Anchored[]>
  /** Blocks at least so many milliseconds apart, each once everybody alive has taken the last one in; 0 stops them. */
  blocks(ms: number): Promise<void>
  /** Mines block by block, everybody keeping up, until a participant sees the next tick: its period has just begun. Regular blocks are to be stopped. */
  nextTick(name: string): Promise<void>
  kill(name: string): Promise<void>
  restart(name: string): Promise<void>
  stop(): Promise<void>
}

/** Blocks of a rival branch pay elsewhere, or they would be the same blocks. */
export const RIVAL = taprootScript(fromHex('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'))
/** What a story waits for comes within a few ticks of blocks with which everybody kept up. */
const BLOCKS = 300
/** A block of a story waits longer for somebody who is stuck than anybody is stuck on a busy machine. */
const BLOCK_LOOKS = 1_200
const LONGEST_TICK = 12
const MOST_SLEEPS = 8
const LINES_TOLD = 30

/** Starts the cast; `stop` removes what it left. */
export async function startCast(options: CastOptions): Promise<Cast> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-story-'))
  const bitcoind = process.env['GOLEM_CHAIN'] === 'bitcoind' ? await startBitcoind() : undefined
  const facade = createFacade()
  const output: string[] = []
  const written = logFile()
  const note = (name: string, text: string): void => {
    for (const line of text.split('\n').filter((one) => one !== '')) {
      output.push(`${name}: ${line}`)
      written.write(`${new Date().toISOString()} ${name}: ${line}\n`)
    }
  }
  const network = await startLocalNetwork({
    folder,
    program: options.program ?? GUESTBOOK,
    title: 'Guestbook',
    servers: options.servers,
    clients: options.clients,
    blockMs: 0,
    blockLooks: BLOCK_LOOKS,
    tickBlocks: options.tickBlocks ?? 3,
    ...(bitcoind === undefined ? {} : { bitcoind }),
    logLevel: 'info',
    output: note,
    log: { log: (level, message) => note('network', `${level} ${message}`) },
    started: (participant) => facade.add(participant),
  })
  const { clock } = network
  await clock.set(options.blockMs)
  const member = (name: string) => network.participants.get(name)!
  const progress = progressOf(network, output)
  const call: Cast['call'] = async (name, args, participant) => {
    const what = `${participant ?? 'the network'} to answer ${name}`
    const ask = async () => {
      const called = participant === undefined ? facade.call(name, args) : member(participant).call(name, args)
      const answer = await attend(what, called, progress)
      // Stored and under way: «look again in a moment».
      return !answer.ok && answer.error.code === 'client.publishing' ? null : answer
    }
    const result = await waitFor(what, ask, progress)
    if (!result.ok) throw new Error(`${name}: ${result.error.message} (${result.error.code})`)
    return result.value as never
  }
  const view: Cast['view'] = async (participant) => {
    const overview = await call('overview', {}, participant)
    return { ...overview, ...seen(overview) }
  }
  const until: Cast['until'] = async (what, found, participant) => {
    let { height } = (await view(participant)).chain
    const look = async () => {
      const seen = await view(participant)
      height = Math.max(height, seen.chain.height)
      return found(seen)
    }
    return waitFor(what, look, { ...progress, budget: { of: 'blocks', spent: () => height, most: BLOCKS } })
  }
  const request: Cast['request'] = (id, states) =>
    until(`request ${id.slice(0, 8)} to be ${states.join(' or ')}`, ({ requests }) =>
      requests.find((one) => one.id === id && states.includes(one.state)),
    )
  const ready: Cast['ready'] = (name, keys = 1) =>
    until(`${name} to be ready`, ({ app, actors }) =>
      actors.find(
        (one) =>
          one.name === name && one.state === 'ready' && (app?.collections ?? []).every((each) => (one.freeKeys[each.name] ?? 0) >= keys),
      ),
    )
  return {
    network,
    folder,
    output,
    call,
    view,
    until,
    request,
    ready,
    blocks: clock.set,
    async send(name, endpoint, args) {
      const { id: actor } = await ready(name)
      const once = () =>
        clock.hold(async () => {
          const { id } = await call('use.request', { app: actor, endpoint, arguments: args as never })
          return request(id, ['review', 'nothing to write', 'failed'])
        })
      for (let tries = 1; ; tries++) {
        const asked = await once()
        if (asked.error?.code !== 'client.sleeping' || tries === MOST_SLEEPS) return asked
        // On a machine that stood still, servers did not say in time that they are ready. A person does what the message says.
        const at = (await view(name)).tick?.number ?? -1
        await until('the tick after one that sleeps', ({ tick }) => tick !== null && tick.number > at, name)
      }
    },
    async publish({ id }) {
      await clock.hold(() => call('use.approve', { id }))
      return request(id, ['counted', 'rejected', 'failed'])
    },
    async read(name, [collection, index], equals) {
      return call('use.read', { collection, index, equals, limit: 100, descending: false }, name)
    },
    async reorg(depth) {
      const { chain } = network
      const { height } = must(await chain.tip())
      const first = must(await chain.blockAt(height - depth + 1))
      must(await chain.control.invalidate(first.hash))
      must(await chain.control.mine(depth + 1, RIVAL))
      network.replaced()
    },
    async nextTick(name) {
      const before = (await view(name)).tick?.number ?? -1
      for (let mined = 0; ((await view(name)).tick?.number ?? -1) <= before; mined++) {
        if (mined > LONGEST_TICK) throw new Error(`no tick after ${before} reached ${name} within ${mined} blocks`)
        await network.mine(1)
        await clock.settled()
      }
    },
    anchors: () => anchorsOf(network),
    kill: (name) => member(name).kill(),
    restart: async (name) => void (await network.restart(name)),
    async stop() {
      await network.stop()
      await bitcoind?.stop()
      rmSync(folder, { recursive: true, force: true })
      written.end()
    },
  }
}

/** All lines of a story stay below test-results, where one that failed can be read from its beginning. */
export function logFile(): WriteStream {
  const folder = join(repository, 'test-results', `stories-${process.env['GOLEM_CHAIN'] ?? 'embedded'}`)
  mkdirSync(folder, { recursive: true })
  return createWriteStream(join(folder, `${basename(expect.getState().testPath ?? 'story', '.test.ts')}.log`))
}

/** Any view that changes and any new line is movement; a failure tells where everybody was and what was said last. */
function progressOf(network: LocalNetwork, output: string[]): Progress {
  const stateOf = async (name: string): Promise<string> => {
    const member = network.participants.get(name)!
    if (!member.running) return `${name}: not running`
    const view = await Promise.race([member.call('overview', {}), pause(5_000)])
    return view?.ok === true ? stateText(name, view.value) : `${name}: does not answer`
  }
  return {
    moved: network.moved,
    async state() {
      const states = await Promise.all([...network.participants.keys()].map(stateOf))
      return [...states, `last of ${output.length} lines:`, ...output.slice(-LINES_TOLD)].join('\n')
    },
  }
}

export function stateText(name: string, view: Overview): string {
  const { chain, engagements, requests } = view
  const { tick, actors } = seen(view)
  const roles = engagements.map(({ role, state, detail }) => `${role} ${state} (${detail})`)
  const open = requests.map(({ id, state, waiting, error }) => `request ${id.slice(0, 8)} ${state} ${waiting ?? error?.code ?? ''}`.trim())
  const keys = actors.map(({ state, freeKeys }) => `${state}, keys ${JSON.stringify(freeKeys)}`)
  const at = tick === null ? 'no tick' : `tick ${tick.number} ${tick.state}, ${tick.blocksLeft} blocks left`
  return [`${name}: block ${chain.height}${chain.available ? '' : ` (${chain.reason})`}, ${at}`, ...roles, ...keys, ...open].join('; ')
}

export async function anchorsOf({ chain }: Pick<LocalNetwork, 'chain'>): Promise<Anchored[]> {
  const { height: tip } = must(await chain.tip())
  const found: Anchored[] = []
  for (let height = 1; height <= tip; height++) {
    const block = must(await chain.blockAt(height))
    for (const raw of block.transactions) {
      for (const { type, sha256 } of anchorsIn(raw)) found.push({ type, sha256, txid: must(txid(raw)), height })
    }
  }
  return found
}

/** Documents with more than one anchor on the chain: there are to be none, whatever was killed when. */
export const publishedTwice = (anchors: Anchored[]): Anchored[] =>
  anchors.filter(({ sha256 }, at) => anchors.findIndex((other) => other.sha256 === sha256) !== at)

export const countOf = (anchors: Anchored[], type: string): number => anchors.filter((one) => one.type === type).length
