/**
 * Nodes in processes of their own, on one chain and one tracker, that begin with nothing but a wallet: what each does for which apps is said by commands. Blocks wait
 * until everybody has taken the last one in, for each app that somebody here supervises.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { createRpcChain, type RpcChain } from '../../main/adapters/chain/index.ts'
import { startTracker } from '../../main/adapters/torrent/tracker.ts'
import type { CommandArgs, CommandName, CommandResult, EngagementView, Overview, RequestView, UsedView } from '../../main/contract/index.ts'
import { settingsWith } from '../../main/core/index.ts'
import { createBlockClock, type BlockClock } from '../../main/hosts/headless/network/block-clock.ts'
import { startEmbeddedChain } from '../../main/hosts/headless/network/chain.ts'
import { createPace } from '../../main/hosts/headless/network/pace.ts'
import { attend, waitFor, type Found, type Progress } from '../../main/hosts/headless/network/patience.ts'
import { SCRYPT_LOG2 } from '../../main/hosts/headless/network/plan.ts'
import { startParticipant, type ParticipantProcess } from '../../main/hosts/headless/network/process.ts'
import { must } from '../../roles/protocol/result.ts'
import { startBitcoind } from '../tools/bitcoind.ts'
import { anchorsOf, logFile, RIVAL, stateText, type Anchored } from './harness.ts'

type Settings = Parameters<typeof settingsWith>[1]
type Role = EngagementView['role']

export interface Nodes {
  readonly chain: RpcChain
  readonly clock: BlockClock
  /** Announce address that apps name in their terms. */
  readonly tracker: string
  readonly folder: string
  /** What all nodes wrote to their logs. */
  readonly output: string[]
  /** @throws with the words of a refusal */
  call<N extends CommandName>(node: string, name: N, args: CommandArgs<N>): Promise<CommandResult<N>>
  /** Asks without waiting for what comes of it, as one whose node dies does. */
  ask<N extends CommandName>(node: string, name: N, args: CommandArgs<N>): void
  view(node: string): Promise<Overview>
  /** Waits until the view of a node satisfies a condition, as long as anybody moves and for so many blocks at most. */
  until<T>(what: string, node: string, found: (view: Overview) => Found<T> | Promise<Found<T>>): Promise<T>
  engagement(node: string, role: Role, title: string): Promise<EngagementView | undefined>
  used(node: string, title: string): Promise<UsedView | undefined>
  /** Waits until the node may write in that app. */
  ready(node: string, title: string): Promise<void>
  /** Asks once, no regular block in between, and gives what came back. */
  request(node: string, title: string, endpoint: string, args: Record<string, unknown>): Promise<RequestView>
  /** Approves what came back, and waits until a tick decided. */
  approve(node: string, id: string): Promise<RequestView>
  /** Asks and approves before the next regular block, and waits until a tick counted it. What came too late, or while the app slept, is asked again: a person does what the refusal says. */
  write(node: string, title: string, endpoint: string, args: Record<string, unknown>): Promise<RequestView>
  mine(blocks: number): Promise<void>
  /** The newest blocks give way to a branch that is one longer. */
  reorg(depth: number): Promise<void>
  anchors(): Promise<Anchored[]>
  /** Ends a node at once, as a power cut would. */
  kill(node: string): Promise<void>
  /** Ends a node in order. */
  stop(node: string): Promise<void>
  /** Starts it, or starts it again from its folder. */
  start(node: string): Promise<void>
  close(): Promise<void>
}

/** What a story waits for comes within a few ticks of blocks with which everybody kept up. */
const BLOCKS = 300
const BLOCK_LOOKS = 1_200
const COINS_EACH = 4
const MATURITY = 100
const MOST_TRIES = 8
const [LINES_TOLD, ANSWER_MS] = [30, 5_000]
type States = ReadonlySet<RequestView['state']>
const ANSWERED: States = new Set(['review', 'nothing to write', 'failed', 'late'])
const ENDED: States = new Set(['counted', 'rejected', 'failed', 'late'])
/** What says «try again» and means it: the app sleeps, a window closed, blocks went. */
const AGAIN: ReadonlySet<string> = new Set(['client.sleeping', 'client.overdue', 'client.late', 'client.base'])

async function openChain(folder: string) {
  const bitcoind = process.env['GOLEM_CHAIN'] === 'bitcoind' ? await startBitcoind() : undefined
  const own =
    bitcoind === undefined
      ? await startEmbeddedChain(join(folder, 'chain'), 0)
      : {
          access: { url: bitcoind.url, user: bitcoind.user, password: bitcoind.password, backend: 'bitcoind' as const },
          stop: bitcoind.stop,
        }
  const chain = createRpcChain({ ...own.access, network: 'regtest', log: { log: () => undefined } })
  return {
    chain,
    access: own.access,
    async close() {
      chain.close()
      await own.stop()
    },
  }
}

/**
 * Starts the chain, the tracker and every node, and gives each node coins that may be spent.
 * @param settings of each node, by name; @param folders of nodes that have theirs elsewhere
 */
export async function startNodes(settings: Record<string, Settings>, folders: Record<string, string> = {}): Promise<Nodes> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-nodes-'))
  const { chain, access, close: closeChain } = await openChain(folder)
  const tracker = await startTracker({ host: '127.0.0.1', port: 0, intervalMs: 120_000 })
  const written = logFile()
  const output: string[] = []
  const pace = createPace()
  const running = new Map<string, ParticipantProcess>()

  const note = (name: string, text: string): void => {
    for (const line of text.split('\n').filter((one) => one !== '')) {
      output.push(`${name}: ${line}`)
      written.write(`${new Date().toISOString()} ${name}: ${line}\n`)
    }
  }
  const configOf = (name: string) => ({
    folder: folders[name] ?? join(folder, name),
    passphrase: 'story',
    scryptLog2: SCRYPT_LOG2,
    chain: { ...access, network: 'regtest' as const },
    swarm: { trackers: [tracker.announceUrl], dht: false, lsd: false },
    logLevel: 'info' as const,
    settings: settingsWith(name, settings[name]),
  })
  async function start(name: string): Promise<void> {
    const one = await startParticipant(configOf(name), (text) => note(name, text), 'lean')
    running.set(name, one)
    pace.watch(one)
  }
  const gone = (name: string): ParticipantProcess => {
    const one = running.get(name)!
    running.delete(name)
    return one
  }
  const stateOf = async ([name, one]: [string, ParticipantProcess]): Promise<string> => {
    const view = await Promise.race([one.call('overview', {}), pause(ANSWER_MS)])
    return view?.ok === true ? stateText(name, view.value) : `${name}: does not answer`
  }
  const state = async (): Promise<string> =>
    [...(await Promise.all([...running].map(stateOf))), `last of ${output.length} lines:`, ...output.slice(-LINES_TOLD)].join('\n')
  const progress: Progress = { moved: pace.moved, state }

  async function mine(blocks: number): Promise<void> {
    pace.beforeBlock()
    must(await chain.control.mineTo(blocks, null))
  }
  const clock = createBlockClock({
    mine,
    async behind() {
      const tip = await chain.tip()
      return tip.ok ? pace.behind(tip.value.height) : ['the chain']
    },
    moved: pace.moved,
    log: { log: (level, message) => note('clock', `${level} ${message}`) },
    looks: BLOCK_LOOKS,
  })

  const call: Nodes['call'] = async (node, name, args) => {
    const what = `${node} to answer ${name}`
    // Stored and under way: «look again in a moment».
    const result = await waitFor(
      what,
      async () => {
        const answer = await attend(what, running.get(node)!.call(name, args), progress)
        return !answer.ok && answer.error.code === 'client.publishing' ? null : answer
      },
      progress,
    )
    if (!result.ok) throw new Error(`${name} of ${node}: ${result.error.message} (${result.error.code})`)
    return result.value
  }
  const view: Nodes['view'] = (node) => call(node, 'overview', {})
  const until: Nodes['until'] = async (what, node, found) => {
    let height = 0
    const look = async () => {
      const seen = await view(node)
      height = Math.max(height, seen.chain.height)
      return found(seen)
    }
    height = (await view(node)).chain.height
    return waitFor(`${what} (${node})`, look, { ...progress, budget: { of: 'blocks', spent: () => height, most: BLOCKS } })
  }
  const appOf = ({ apps }: Overview, title: string): UsedView | undefined => apps.find(({ app }) => app.title === title)
  const ready: Nodes['ready'] = async (node, title) =>
    void (await until(`being ready in ${title}`, node, (seen) => {
      const used = appOf(seen, title)
      return used?.actor.state === 'ready' && used.app.collections.every(({ name }) => (used.actor.freeKeys[name] ?? 0) > 0)
    }))
  const requestOf = (node: string, id: string, states: States): Promise<RequestView> =>
    until(`request ${id.slice(0, 8)} to be ${[...states].join(' or ')}`, node, ({ requests }) =>
      requests.find((one) => one.id === id && states.has(one.state)),
    )

  async function request(node: string, title: string, endpoint: string, args: Record<string, unknown>): Promise<RequestView> {
    const { id } = await call(node, 'use.request', { app: title, endpoint, arguments: args as never })
    return requestOf(node, id, ANSWERED)
  }

  async function fund(names: string[]): Promise<void> {
    for (const name of names) {
      const { address } = await call(name, 'wallet.receive', {})
      must(await chain.control.mineTo(COINS_EACH, address))
    }
    await mine(MATURITY)
  }

  const nodes: Nodes = {
    chain,
    clock,
    tracker: tracker.announceUrl,
    folder,
    output,
    call,
    ask: (node, name, args) => void running.get(node)!.call(name, args),
    view,
    until,
    engagement: async (node, role, title) => (await view(node)).engagements.find((one) => one.role === role && one.title === title),
    used: async (node, title) => appOf(await view(node), title),
    ready,
    request: (node, title, endpoint, args) => clock.hold(() => request(node, title, endpoint, args)),
    async approve(node, id) {
      await clock.hold(() => call(node, 'use.approve', { id }))
      return requestOf(node, id, ENDED)
    },
    async write(node, title, endpoint, args) {
      for (let tries = 1; ; tries++) {
        await ready(node, title)
        const { id } = await clock.hold(async () => {
          const asked = await request(node, title, endpoint, args)
          // A block that came before the clock stood still may have closed its window.
          if (asked.state === 'review')
            await call(node, 'use.approve', { id: asked.id }).catch((error: unknown) => note(node, String(error)))
          return asked
        })
        const done = await requestOf(node, id, ENDED)
        if (done.state === 'counted' || !AGAIN.has(done.error?.code ?? '') || tries === MOST_TRIES) return done
        const at = (await nodes.used(node, title))?.tick?.number ?? -1
        await until('the next tick', node, (seen) => (appOf(seen, title)?.tick?.number ?? -1) > at)
      }
    },
    mine,
    async reorg(depth) {
      const { height } = must(await chain.tip())
      const first = must(await chain.blockAt(height - depth + 1))
      must(await chain.control.invalidate(first.hash))
      must(await chain.control.mine(depth + 1, RIVAL))
      pace.replaced()
    },
    anchors: () => anchorsOf({ chain }),
    kill: (node) => gone(node).kill(),
    stop: (node) => gone(node).stop(),
    start,
    async close() {
      await clock.stop()
      await Promise.allSettled([...running.keys()].map((name) => gone(name).stop()))
      await tracker.close()
      await closeChain()
      rmSync(folder, { recursive: true, force: true })
      written.end()
    },
  }
  try {
    await Promise.all(Object.keys(settings).map(start))
    await fund(Object.keys(settings))
    return nodes
  } catch (error) {
    await nodes.close()
    throw error
  }
}
