/** What a participant shows of itself: plain words for what each role has established, amounts in sats. */
import type { ChainView, Overview, ParticipantView, TickView } from '../contract/index.ts'
import { blocksAbove, genesisOf, joinsOf, type SupervisorState } from '../../roles/supervisor/index.ts'
import type { ChainWatch } from './chain-watch.ts'
import type { ClientService } from './client/index.ts'
import type { ChainPort } from './ports.ts'
import type { ServerService } from './server/index.ts'
import type { ParticipantSettings } from './settings.ts'
import type { SupervisorService } from './supervisor/index.ts'
import { untilNext, type Wait } from './waiting.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

/** The roles that are switched on. */
export interface Roles {
  supervisor: SupervisorService | null
  server: ServerService | null
  client: ClientService | null
}

export interface OverviewSources {
  settings: ParticipantSettings
  wallet: WalletKeeper
  roles: Roles
  watch: ChainWatch | null
  chain: ChainPort
  backend: ChainView['backend']
}

export function overviewOf(sources: OverviewSources): Overview {
  const { roles, watch } = sources
  const tip = watch?.tip() ?? null
  const availability = watch?.available() ?? { available: false, reason: 'starting' }
  const chain: ChainView = {
    network: sources.chain.network,
    backend: sources.backend,
    height: tip?.height ?? 0,
    hash: tip?.hash ?? '',
    ...availability,
  }
  const supervisor = roles.supervisor?.state() ?? null
  const wait = { height: tip?.height ?? 0, blockMs: watch?.blockMs() ?? null }
  const client = roles.client?.view(wait) ?? null
  return {
    chain,
    tick: client?.tick ?? (supervisor === null ? null : supervisorTick(supervisor, wait)),
    app: client?.app ?? null,
    participants: participantsOf(sources, supervisor),
    actors: client?.actors ?? [],
    requests: client?.requests ?? [],
  }
}

/** Those that its newest tick lists; before it, those whose acceptances are here. */
const serversIn = (state: SupervisorState): number => state.ticks.at(-1)?.servers ?? joinsOf(state).size

function supervisorTick(state: SupervisorState, wait: Wait): TickView | null {
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

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

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

function participantsOf({ settings, wallet, roles }: OverviewSources, supervisor: SupervisorState | null): ParticipantView[] {
  const { confirmed, unconfirmed } = wallet.balance()
  const common = { name: settings.name, balance: confirmed + unconfirmed, online: true }
  const shown: ParticipantView[] = []
  if (roles.supervisor) {
    const detail =
      supervisor === null
        ? beforeOffer(wallet)
        : `${ENDING[supervisor.phase] ?? ''}${counted(serversIn(supervisor), 'server')} accepted; documents waiting for a decision: ${supervisor.waiting.filter(({ decidedIn }) => decidedIn === null).length}`
    const id = roles.supervisor.key()
    shown.push({ ...common, id, role: 'supervisor', state: supervisor?.phase ?? 'starting', detail: hindered(wallet, detail) })
  }
  if (roles.server)
    shown.push({
      ...common,
      id: roles.server.key() ?? settings.name,
      role: 'server',
      state: roles.server.phase(),
      detail: hindered(wallet, roles.server.detail()),
    })
  if (roles.client)
    shown.push({
      ...common,
      id: roles.client.key() ?? settings.name,
      role: 'client',
      state: roles.client.phase(),
      detail: hindered(wallet, roles.client.detail()),
    })
  return shown
}
