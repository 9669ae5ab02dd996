/** What a participant shows of itself: plain words for what each role has established, amounts in sats. */
import type { ChainView, EngagementView, NodeView, TickView, UsedView } from '../contract/index.ts'
import { blocksAbove, genesisOf, joinsOf, type SupervisorState } from '../../roles/supervisor/index.ts'
import type { ChainWatch } from './chain-watch.ts'
import type { Engagement, Running } from './engagements/index.ts'
import type { View } from './node-events.ts'
import type { ChainPort } from './ports.ts'
import { untilNext, type Wait } from './waiting.ts'
import type { WalletKeeper } from './wallet/keeper.ts'
import { counted } from '../../roles/protocol/words.ts'

export interface OverviewSources {
  node: NodeView
  wallet: WalletKeeper
  engagements: Engagement[]
  watch: ChainWatch | null
  chain: ChainPort
  backend: ChainView['backend']
}

/** What is waited for, as far as the chain is known. */
export const waitOf = (watch: ChainWatch | null): Wait => ({ height: watch?.tip()?.height ?? 0, blockMs: watch?.blockMs() ?? null })

export function overviewOf(sources: OverviewSources): View {
  const { engagements, watch, node } = sources
  const tip = watch?.tip() ?? null
  const availability = watch?.available() ?? { available: false, reason: 'starting' }
  const chain: ChainView = {
    network: sources.chain.network,
    backend: sources.backend,
    height: tip?.height ?? 0,
    hash: tip?.hash ?? '',
    ...availability,
  }
  const wait = waitOf(watch)
  const clients = engagements.flatMap(({ running }) => (running?.role === 'client' ? [running.service.view(wait)] : []))
  return {
    node,
    chain,
    engagements: engagements.map((engagement) => engagementView(sources, engagement, wait)),
    apps: clients.flatMap(({ used }): UsedView[] => (used === null ? [] : [used])),
    requests: clients.flatMap(({ requests }) => requests),
  }
}

/** Those that its newest tick lists; before it, those whose acceptances are here. */
const serversIn = (state: SupervisorState): number => state.ticks.at(-1)?.servers ?? joinsOf(state).size

export function supervisorTick(state: SupervisorState, wait: Wait): TickView {
  const { tickBlocks, minimumServers } = state.offer.body
  const number = state.ticks.at(-1)?.number ?? -1
  const genesis = state.genesis ?? genesisOf(state)
  return {
    number: Math.max(0, number),
    state: genesis === null ? 'waiting for servers' : number < 0 ? 'beginning' : state.phase === 'ticking' ? 'running' : 'sleeping',
    ...(genesis === null
      ? { blocksLeft: 0, estimatedMs: 0 }
      : untilNext(genesis, tickBlocks, blocksAbove(state, number + 1, genesis), number, wait)),
    blocksPerTick: tickBlocks,
    root: '',
    servers: serversIn(state),
    minimumServers,
  }
}

/** What a Supervisor that publishes nothing waits for. */
const ENDING: Partial<Record<SupervisorState['phase'], string>> = {
  usurped: 'somebody else anchored a tick with the key that signs: end it with the command «resume»; ',
  resuming: 'the master key takes ticks back, and no block has its word yet; ',
}

function beforeOffer(wallet: WalletKeeper): string {
  const { confirmed, unconfirmed } = wallet.balance()
  return confirmed + unconfirmed === 0 ? 'waits for coins to publish the job offer' : 'publishes the job offer'
}

/** With what keeps the wallet from paying, as long as it does. */
function hindered(wallet: WalletKeeper, detail: string): string {
  const hindrance = wallet.hindrance()
  return hindrance === null ? detail : `${detail === '' ? '' : `${detail}; `}not paid yet: ${hindrance}`
}

function supervisorDetail(wallet: WalletKeeper, state: SupervisorState | null): string {
  if (state === null) return beforeOffer(wallet)
  const waiting = state.waiting.filter(({ decidedIn }) => decidedIn === null).length
  return `${ENDING[state.phase] ?? ''}${counted(serversIn(state), 'server')} accepted; documents waiting for a decision: ${waiting}`
}

function establishedBy(running: Running, wallet: WalletKeeper, wait: Wait): Pick<EngagementView, 'key' | 'state' | 'detail' | 'tick'> {
  if (running.role !== 'supervisor') return { key: running.service.key(), state: running.service.phase(), detail: running.service.detail() }
  const state = running.service.state()
  return {
    key: running.service.key(),
    state: state?.phase ?? 'starting',
    detail: supervisorDetail(wallet, state),
    ...(state === null ? {} : { tick: supervisorTick(state, wait) }),
  }
}

function engagementView({ node, wallet }: OverviewSources, { id, app, title, row, running }: Engagement, wait: Wait): EngagementView {
  const common = { id, role: row.role, name: node.name, app, title, balance: node.balance, online: true }
  if (running === null) return { ...common, key: null, state: row.state === 'failed' ? 'failed' : 'paused', detail: row.why ?? '' }
  const { detail, ...established } = establishedBy(running, wallet, wait)
  return { ...common, ...established, detail: hindered(wallet, [detail, ...running.waits()].filter((text) => text !== '').join('; ')) }
}
