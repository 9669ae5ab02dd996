/** A node whose wallet is open: composes the services, the market and the engagements. It ends when the wallet is locked, and begins anew when it is unlocked. */
import type { NodeView, Pulse, WalletView } from '../contract/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import { answersOf, type OpenAnswers } from './answers.ts'
import { watchChain, type ChainWatch } from './chain-watch.ts'
import { createChronicle } from './chronicle.ts'
import { createDocuments } from './documents/index.ts'
import { createEngine } from './engine.ts'
import { createEngagements, failed, type Engagements } from './engagements/index.ts'
import type { Identity } from './identity.ts'
import { createJoining } from './joining/index.ts'
import { createListener } from './listener.ts'
import { startMarket } from './market.ts'
import type { NodeEvents, View } from './node-events.ts'
import { overviewOf, waitOf } from './overview.ts'
import { pulseOf } from './pulse.ts'
import type { NodePorts } from './ports.ts'
import { createRestoring } from './restore/index.ts'
import { sealedStorage } from './sealed-storage.ts'
import { checkStored } from './stored.ts'
import { createRetention, type Retention } from './retention.ts'
import { createPersistence, type Services } from './services.ts'
import type { NodeSettings } from './settings.ts'
import type { Balance } from './wallet/coins.ts'
import { createWalletKeeper } from './wallet/keeper.ts'

export interface OpenOptions {
  identity: Identity
  settings(): NodeSettings
  events: NodeEvents
  fetchTimeoutMs: number
  nodeView(balance: Balance): NodeView
}

export interface OpenNode {
  answers: OpenAnswers
  /** What the wallet is doing. */
  wallet(): Pick<WalletView, 'hindrance' | 'rescan'>
  view(): View
  pulse(): Omit<Pulse, 'moved'>
  idle(): Promise<void>
  stop(): Promise<void>
}

/** Puts a node whose wallet is open to work. Errors: `stored.*`. An engagement that cannot go on is put out by itself. */
export async function openNode(
  node: NodePorts,
  { identity, settings, events, fetchTimeoutMs, nodeView }: OpenOptions,
): Promise<Result<OpenNode>> {
  const { log } = events
  const ports: NodePorts = { ...node, storage: sealedStorage(node.storage, { ...node, identity }) }
  const form = checkStored(ports.storage)
  if (!form.ok) return form
  let over = false
  let watch: ChainWatch | null = null
  const retention = createRetention({ ...ports, log })
  const services = servicesOf(ports, { identity, settings, events, fetchTimeoutMs }, retention, () => over)
  const { wallet } = services
  const view = (): View =>
    overviewOf({
      node: nodeView(wallet.balance()),
      wallet,
      engagements: engagements.list(),
      watch,
      chain: ports.chain,
      backend: ports.backend,
    })
  const engine = createEngine({
    storage: ports.storage,
    log,
    after: (ms, run) => ports.clock.after(ms, run),
    changed: events.changed,
    putOut: (id, error) => failed(services, id, error),
  })
  const engagements = createEngagements({ services, engine, settings })
  await engagements.start()
  const considered = (): void =>
    void joining.consider().catch((error: unknown) => log.log('error', `What the rules say was not done: ${String(error)}`))
  const market = startMarket(services, engine, considered)
  const restoring = createRestoring({ services, engagements, settings })
  const joining = createJoining({ services, engagements, market, settings, isRestoring: restoring.isLooking })
  const chronicle = createChronicle(log, engagements.atWork)
  restoring.goOn()
  considered()
  watch = watchChain({
    chain: ports.chain,
    storage: ports.storage,
    log,
    now: () => ports.clock.now(),
    changed: () => events.changed(false),
    onBlock: (block) => wallet.onBlock(block),
    onReorg: (fork) => wallet.onReorg(fork),
    async deliver(event, writes) {
      await engine.broadcast(event, writes)
      if (event.type !== 'block') return
      considered()
      chronicle(waitOf(watch))
      void retention.sweep(neededTicks(engagements))
    },
  })

  return ok({
    answers: answersOf({ wallet, market, engagements, joining, restoring }),
    wallet: () => doingOf(wallet),
    view,
    pulse: () => pulseOf({ running: engagements.atWork(), wait: waitOf(watch), hindered: wallet.hindrance() !== null }),
    idle: () => engine.idle(),
    async stop() {
      over = true
      await watch?.stop()
      await engagements.stop()
      await engine.stop()
    },
  })
}

function doingOf({ hindrance, reading }: Services['wallet']): ReturnType<OpenNode['wallet']> {
  const [hindered, rescan] = [hindrance(), reading.view()]
  return { ...(hindered === null ? {} : { hindrance: hindered }), ...(rescan === null ? {} : { rescan }) }
}

/** Digests of the ticks that engagements here may still need, the newest last. */
const neededTicks = (engagements: Engagements): string[] => engagements.list().flatMap(({ running }) => running?.service.ticks() ?? [])

/** What all engagements share. */
function servicesOf(
  ports: NodePorts,
  { identity, settings, events: { log, changed }, fetchTimeoutMs }: Omit<OpenOptions, 'nodeView'>,
  retention: Retention,
  stopped: () => boolean,
): Services {
  const wallet = createWalletKeeper({ ...ports, log, identity })
  return {
    ...ports,
    name: settings().name,
    log,
    identity,
    wallet,
    documents: createDocuments({ ...ports, wallet, onTick: retention.note, fetchTimeoutMs }),
    listener: createListener(ports, () => ({ host: settings().host.listen || settings().host.address, port: settings().host.port })),
    changed: () => changed(true),
    stopped,
    ...createPersistence({ clock: ports.clock, log, stopped }),
  }
}
