/**
 * One participant: composes the services and the roles that are switched on, and answers the command contract. Everything from
 * outside comes through the ports, so a whole network of cores runs in one process in a simulation.
 */
import type { CommandArgs, CommandName, CommandResult, LogLine, Overview } from '../contract/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import { answersOf } from './answers.ts'
import { watchChain, type ChainWatch } from './chain-watch.ts'
import { startClient } from './client/index.ts'
import { createDocuments } from './documents/index.ts'
import { createEngine } from './engine.ts'
import { openIdentity } from './identity.ts'
import { createListener } from './listener.ts'
import { overviewOf, type Roles } from './overview.ts'
import type { ChainPort, ClockPort, IndexPort, LogPort, RandomPort, StoragePort, SwarmPort, TransportPort, WorkPort } from './ports.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import { sealedStorage } from './sealed-storage.ts'
import { checkStored } from './stored.ts'
import { startServer } from './server/index.ts'
import { createRetention } from './retention.ts'
import { createPersistence, type Services } from './services.ts'
import type { ParticipantSettings } from './settings.ts'
import { startSupervisor } from './supervisor/index.ts'
import { createWalletKeeper } from './wallet/keeper.ts'

export interface CorePorts {
  chain: ChainPort
  swarm: SwarmPort
  transport: TransportPort
  work: WorkPort
  storage: StoragePort
  index: IndexPort
  crypto: CryptoPort
  clock: ClockPort
  random: RandomPort
  log: LogPort
  backend: 'embedded' | 'bitcoind'
}

export interface CoreOptions {
  passphrase: string
  scryptLog2: number
  settings: ParticipantSettings
  /** How long one fetch from the swarm may take. Default 20 s. */
  fetchTimeoutMs?: number
}

export interface Core {
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  subscribe(listener: (event: string, payload: unknown) => void): () => void
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  stop(): Promise<void>
}

const LOG_LINES = 1000
/** Views are told at most so often. */
const OVERVIEW_MS = 100

/** Starts a participant. Errors: those of the keystore, the program checker and the transport's port. */
export async function createCore(opened: CorePorts, options: CoreOptions): Promise<Result<Core>> {
  const { settings } = options
  const events = createEvents(opened, settings.name)
  const { log } = events
  const network = opened.chain.network === 'mainnet' ? 'mainnet' : 'test'
  const identity = await openIdentity(opened, network, options.passphrase, options.scryptLog2)
  if (!identity.ok) return identity
  const ports: CorePorts = { ...opened, storage: sealedStorage(opened.storage, { ...opened, identity: identity.value }) }
  const form = checkStored(ports.storage)
  if (!form.ok) return form
  const wallet = createWalletKeeper({ ...ports, log, identity: identity.value })
  const retention = createRetention({ ...ports, log })
  const documents = createDocuments({ ...ports, wallet, onTick: retention.note, fetchTimeoutMs: options.fetchTimeoutMs ?? 20_000 })
  let stopped = false
  let watch: ChainWatch | null = null
  const roles: Roles = { supervisor: null, server: null, client: null }
  const view = (): Overview => overviewOf({ settings, wallet, roles, watch, chain: ports.chain, backend: ports.backend })
  const changed = events.overview(view)
  const services: Services = {
    ...ports,
    name: settings.name,
    log,
    identity: identity.value,
    wallet,
    documents,
    listener: createListener(ports, () => settings.server ?? { host: '127.0.0.1', port: 0 }),
    changed,
    ...createPersistence({ clock: ports.clock, log, stopped: () => stopped }),
  }
  const engine = createEngine({ storage: ports.storage, log, after: (ms, run) => ports.clock.after(ms, run), changed })
  const started = await startRoles(services, engine, settings, roles)
  if (!started.ok) return started
  watch = watchChain({
    chain: ports.chain,
    storage: ports.storage,
    log,
    now: () => ports.clock.now(),
    changed,
    onBlock: (block) => wallet.onBlock(block),
    onReorg: (fork) => wallet.onReorg(fork),
    async deliver(event, writes) {
      await engine.broadcast(event, writes)
      if (event.type === 'block') void retention.sweep(neededTicks(roles))
    },
  })

  const answers = answersOf({ ports, wallet, roles, view, lines: events.lines })
  return ok({
    call: async (name, args) => answers[name](args),
    subscribe: events.subscribe,
    idle: () => engine.idle(),
    async stop() {
      stopped = true
      await watch?.stop()
      await roles.server?.stop()
      roles.client?.stop()
      roles.supervisor?.stop()
      await engine.stop()
    },
  })
}

/** Digests of the ticks that roles here may still need, the newest last. */
const neededTicks = ({ supervisor, server, client }: Roles): string[] =>
  [supervisor, server, client].flatMap((service) => service?.ticks() ?? [])

async function startRoles(
  services: Services,
  engine: ReturnType<typeof createEngine>,
  settings: ParticipantSettings,
  roles: Roles,
): Promise<Result<null>> {
  if (settings.supervisor) {
    const supervisor = startSupervisor(services, engine, settings.supervisor)
    if (!supervisor.ok) return supervisor
    roles.supervisor = supervisor.value
  }
  if (settings.server) {
    const server = await startServer(services, engine, settings.server)
    if (!server.ok) return server
    roles.server = server.value
  }
  if (settings.client) roles.client = startClient(services, engine, settings.client)
  return ok(null)
}

/** Log lines and overviews for whoever listens. */
function createEvents(ports: { log: LogPort; clock: ClockPort }, who: string) {
  const listeners = new Set<(event: string, payload: unknown) => void>()
  let lines: LogLine[] = []
  let due = false
  const emit = (event: string, payload: unknown): void => {
    for (const listener of listeners) listener(event, payload)
  }
  const log: LogPort = {
    log(level, message, details) {
      ports.log.log(level, message, details)
      if (level === 'debug') return
      const line: LogLine = { at: ports.clock.now(), level, who, message }
      lines = [...lines.slice(1 - LOG_LINES), line]
      emit('log', line)
    },
  }
  return {
    log,
    lines: () => lines,
    subscribe: (listener: (event: string, payload: unknown) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    overview: (view: () => Overview) => () => {
      if (due || listeners.size === 0) return
      due = true
      ports.clock.after(OVERVIEW_MS, () => {
        due = false
        emit('overview', view())
      })
    },
  }
}
