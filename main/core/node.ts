/**
 * One node: what a person runs (DESIGN 10). It answers the command contract whether or not its wallet is open; what it takes part in lives while it is. Everything
 * from outside comes through the ports, so a whole network of nodes runs in one process in a simulation.
 */
import type { CommandArgs, CommandName, CommandResult, NodeView, Subscribe } from '../contract/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import type { Answers } from './answers.ts'
import { refusable, watchedStorage } from './disk.ts'
import { openIdentity } from './identity.ts'
import { createEvents, type NodeEvents, type View } from './node-events.ts'
import { openNode, type OpenNode } from './opened.ts'
import { ownAnswers } from './own-answers.ts'
import type { NodePorts } from './ports.ts'
import type { SettingsTable } from './settings-table.ts'
import { createTurns } from './turns.ts'
import { createVault, NO_WALLET, type Vault } from './vault.ts'

export interface NodeOptions {
  settings: SettingsTable
  scryptLog2: number
  /** Opens the wallet at once. */
  passphrase?: string
  /** Makes a wallet where there is none, without a person who writes its words down: for throw-away networks. Needs the passphrase. */
  makesWallet?: boolean
  /** How long one fetch from the swarm may take. Default 20 s. */
  fetchTimeoutMs?: number
  /** Name of the network, where it is another than the chain's, as `sandbox`. */
  network?: string
}

export interface GolemNode {
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  subscribe: Subscribe
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  stop(): Promise<void>
}

const CLOSED: Record<NodeView['wallet'], string> = {
  none: NO_WALLET,
  unconfirmed: 'The words of the new wallet were not given back yet. Confirm it first: golem wallet confirm.',
  locked: 'The wallet is locked. Unlock it first: golem wallet unlock.',
  open: 'The wallet is opening. Try again in a moment.',
}

/** The wallet as it is at the start: made, where that was asked for, and unlocked, where its passphrase was given. */
async function readyVault(ports: NodePorts, { scryptLog2, passphrase, makesWallet }: NodeOptions): Promise<Result<Vault>> {
  const coins = ports.chain.network === 'mainnet' ? 'mainnet' : 'test'
  if (makesWallet === true) {
    const made = await openIdentity(ports, coins, passphrase ?? '', scryptLog2)
    if (!made.ok) return made
  }
  const vault = createVault({ ...ports, network: coins, scryptLog2 })
  if (passphrase !== undefined && vault.status().state !== 'none') {
    const unlocked = await vault.unlock(passphrase)
    if (!unlocked.ok) return unlocked
  }
  return ok(vault)
}

/** Starts a node. Errors: those of the keystore (where a passphrase is given), `stored.*`. */
export async function createNode(given: NodePorts, options: NodeOptions): Promise<Result<GolemNode>> {
  const { settings } = options
  const network = options.network ?? given.chain.network
  let told: NodeEvents | null = null
  const storage = watchedStorage(given.storage, { log: (...line) => (told?.log ?? given.log).log(...line) }, () => told?.changed(true))
  const ports: NodePorts = { ...given, storage }
  const readied = await readyVault(ports, options)
  if (!readied.ok) return readied
  const vault = readied.value
  let open: OpenNode | null = null
  const turns = createTurns()
  const nodeView = (balance = 0): NodeView => ({
    name: settings.node().name,
    network,
    wallet: vault.status().state,
    balance,
    problems: [...settings.problems(), ...of(storage.problem())],
  })
  const events = createEvents(ports, {
    name: () => settings.node().name,
    view: () => open?.view() ?? closedView(nodeView(), ports),
    pulse: (moved) => ({ ...(open?.pulse() ?? { height: 0, wallet: vault.status().state, engagements: [] }), moved }),
  })

  told = events

  /** Brings the node's work in line with the wallet: begun while it is open, ended when it is not. */
  async function follow(): Promise<Result<null>> {
    const identity = vault.identity()
    if (identity === null) {
      const ending = open
      open = null
      await ending?.stop()
    } else if (open === null) {
      const opened = await openNode(ports, {
        identity,
        events,
        settings: settings.node,
        fetchTimeoutMs: options.fetchTimeoutMs ?? 20_000,
        nodeView: ({ confirmed, unconfirmed }) => nodeView(confirmed + unconfirmed),
      }).catch((error: unknown) => Promise.reject(closedBy(vault, error)))
      if (!opened.ok) return closedBy(vault, opened)
      open = opened.value
    }
    events.changed(true)
    return ok(null)
  }
  const followed = (): Promise<Result<null>> => turns.take(follow)
  const begun = await followed()
  if (!begun.ok) return begun

  const own = ownAnswers({ vault, settings, events, followed, network, doing: () => open?.wallet() ?? {} })
  const closed = (): Result<never> => {
    const { state } = vault.status()
    return (state === 'open' ? failForNow : fail)(`wallet.${state}`, CLOSED[state])
  }

  return ok({
    async call(name, args) {
      const answers = { ...open?.answers, ...own } as Partial<Answers>
      const answer = answers[name]
      return answer === undefined ? closed() : refusable(() => answer(args))
    },
    subscribe: events.subscribe,
    idle: async () => open?.idle(),
    stop: () =>
      turns.take(async () => {
        events.stop()
        await open?.stop()
      }),
  })
}

/** A wallet of which nothing could be put to work is closed again; the failure goes on. */
function closedBy<T>(vault: Vault, failure: T): T {
  vault.lock()
  return failure
}

const of = (problem: string | null): string[] => (problem === null ? [] : [problem])

const closedView = (node: NodeView, { chain, backend }: NodePorts): View => ({
  node,
  chain: { network: chain.network, backend, height: 0, hash: '', available: false, reason: 'it is read while the wallet is open' },
  engagements: [],
  apps: [],
  requests: [],
})
