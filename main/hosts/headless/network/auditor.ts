/** An auditor: one more participant, fresh and with an empty folder, that follows an app from the first block, registers nowhere and spends nothing. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRpcChain } from '../../../adapters/chain/index.ts'
import type { AuditView, Overview } from '../../../contract/index.ts'
import { seen as seenIn } from '../../../contract/seen.ts'
import { fail, failForNow, ok, settingsWith, type ParticipantConfig, type Result } from '../../../core/index.ts'
import { createMovement } from './movement.ts'
import { OutOfPatience, waitFor, type Found } from './patience.ts'
import { startParticipant, type ParticipantProcess } from './process.ts'

export interface AuditOptions {
  chain: ParticipantConfig['chain']
  trackers: string[]
  dht?: boolean
  /** Hash of the app's first job offer; without it, the first app on the chain. */
  app?: string
  /** Log lines. */
  output(text: string): void
}

export interface Audited {
  title: string
  app: string
  pid: number
  report: AuditView
}

/**
 * Replays an app from chain and swarm alone, in a process and an empty folder of its own.
 * Errors: those of the audit; at once those of `readStatus` for a node that is of no use, `audit.pruned`, `audit.empty-chain`; `audit.no-app` once
 * the chain has been read to its tip and nothing more comes.
 * @throws in one sentence when the process cannot start.
 */
export async function auditFresh(options: AuditOptions): Promise<Result<Audited>> {
  const height = await heightOf(options.chain)
  if (!height.ok) return height
  const folder = mkdtempSync(join(tmpdir(), 'golem-audit-'))
  try {
    const auditor = await startAuditor(options, folder)
    try {
      const found = await untilCaughtUp(auditor, height.value, options.app)
      if (!found.ok) return found
      const report = await auditor.call('use.audit', { app: found.value.app })
      return report.ok ? ok({ ...found.value, pid: auditor.pid, report: report.value }) : report
    } finally {
      await auditor.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Whether the node has what an audit reads, which is every block, before anything is started. */
async function heightOf({ backend: _, pollMs, ...access }: AuditOptions['chain']): Promise<Result<number>> {
  const chain = createRpcChain({ ...access, ...(pollMs === undefined ? {} : { pollMs }), log: { log: () => undefined } })
  const status = await chain.status()
  chain.close()
  if (!status.ok) return fail(status.error.code, `The audit needs the chain, but ${status.error.message}.`)
  const { tip, firstBlock } = status.value
  if (firstBlock > 1)
    return fail(
      'audit.pruned',
      `An audit reads every block, and the node at ${access.url} has pruned the blocks 1 to ${firstBlock - 1}: name a node that keeps them (-prune=0) with --chain-url.`,
    )
  if (tip.height === 0)
    return fail(
      'audit.empty-chain',
      `The chain at ${access.url} has no block after its first, so no app either: check --chain-url and --network, or wait for blocks.`,
    )
  return ok(tip.height)
}

function startAuditor({ chain, trackers, dht = false, output }: AuditOptions, folder: string): Promise<ParticipantProcess> {
  // Its wallet never holds a coin and goes with its folder, so its secret may go too.
  const passphrase = randomBytes(16).toString('hex')
  return startParticipant(
    {
      folder,
      passphrase,
      scryptLog2: 10,
      chain,
      swarm: { trackers, dht, lsd: false },
      logLevel: 'warn',
      settings: settingsWith('auditor'),
    },
    output,
    'roomy',
  )
}

/** Looks in which nothing moves, after which no more is coming: of blocks from a node that fails; of an overdue tick; of an app; of anything else. */
const STILL = { chain: 10, tick: 15, app: 60, anything: 240 }
const LOOK_MS = 500
/** Blocks beyond the tip at the start in which an app has to be found on a chain that is followed. */
const NEW_BLOCKS = 120

type CaughtUp = Result<{ title: string; app: string }>

/** Counts looks in a row that see the same. */
function createStillness(): (seen: unknown) => number {
  let [last, still]: [unknown, number] = [undefined, 0]
  return (seen) => {
    still = seen === last ? still + 1 : 0
    last = seen
    return still
  }
}

/**
 * Caught up when the newest tick known is the one that the tip is in, twice in a row; or when no more of an overdue one are coming.
 * @param tip of the chain at the start
 * @param wanted hash of the app's offer, where one was named
 */
async function untilCaughtUp(auditor: ParticipantProcess, tip: number, wanted: string | undefined): Promise<CaughtUp> {
  const movement = createMovement()
  auditor.subscribe(['pulse', 'log'], (event, payload) => movement.note(auditor.name, event, payload))
  const [failing, overdue, idle] = [createStillness(), createStillness(), createStillness()]
  let seen: Overview | undefined
  const look = async (): Promise<Found<CaughtUp>> => {
    const view = await auditor.call('overview', {})
    if (!view.ok) return view
    seen = view.value
    const { app, tick } = seenIn(view.value)
    const { chain } = view.value
    if (app === null) await follow(auditor, wanted)
    const [reason, late, quiet] = [failing(chain.reason), overdue(tick?.number), idle(movement.count())]
    if (!chain.available)
      return reason >= STILL.chain && fail('audit.chain', `The audit needs the chain, but ${chain.reason ?? 'it does not come'}.`)
    if (app !== null && tick !== null) return late >= (tick.blocksLeft > 0 ? 1 : STILL.tick) && ok({ title: app.title, app: app.id })
    return app === null && chain.height >= tip && quiet >= STILL.app && noApp(view.value, wanted)
  }
  try {
    return await waitFor('the chain to be followed to its tip', look, {
      moved: movement.count,
      budget: { of: 'new blocks', spent: () => Math.max(0, (seen?.chain.height ?? 0) - tip), most: NEW_BLOCKS },
      looks: STILL.anything,
      lookMs: LOOK_MS,
    })
  } catch (error) {
    if (!(error instanceof OutOfPatience) || seen === undefined) throw error
    return noApp(seen, wanted)
  }
}

/** Follows the app that was named, or the first one that was offered, as soon as its offer is here. */
async function follow(auditor: ParticipantProcess, wanted: string | undefined): Promise<void> {
  const offers = wanted === undefined ? await auditor.call('host.offers', {}) : null
  const first = offers?.ok === true ? offers.value.toSorted((a, b) => a.height - b.height)[0]?.app : undefined
  const app = wanted ?? first
  if (app !== undefined) await auditor.call('use', { app, register: false })
}

function noApp(view: Overview, wanted: string | undefined): Result<never> {
  const { chain } = view
  const { app } = seenIn(view)
  const found =
    app !== null
      ? `«${app.title}» is offered, but no tick of it came`
      : wanted === undefined
        ? 'no job offer came'
        : `no job offer with the hash ${wanted} came`
  return failForNow(
    'audit.no-app',
    `No app with a tick was found on the chain up to block ${chain.height}: ${found}. Check --network and --app, and that the tracker (--tracker) knows the app's files.`,
  )
}

/** How a tick's root compares with the one that was signed, in a word or two. */
export const comparison = ({ equal, computed }: { equal: boolean; computed: string }): string =>
  equal ? 'equal' : computed === '' ? 'NOT COMPUTED' : 'DIFFERENT'
