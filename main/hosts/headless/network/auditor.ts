/** An auditor: one more participant, fresh and with an empty folder, that follows an app from the first block, registers nowhere and spends nothing. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRpcChain } from '../../../adapters/chain/index.ts'
import type { AuditView } from '../../../contract/index.ts'
import { failForNow, ok, type ParticipantConfig, type Result } from '../../../core/index.ts'
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
 * Errors: those of the audit; `audit.no-app` when no app with a tick is found in time.
 * @throws in one sentence when the process cannot start.
 */
export async function auditFresh(options: AuditOptions): Promise<Result<Audited>> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-audit-'))
  try {
    const auditor = await startAuditor(options, folder)
    try {
      const found = await untilCaughtUp(auditor, await tipOf(options))
      if (!found.ok) return found
      const report = await auditor.call('audit', {})
      return report.ok ? ok({ ...found.value, pid: auditor.pid, report: report.value }) : report
    } finally {
      await auditor.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function startAuditor({ chain, trackers, dht = false, app, output }: AuditOptions, folder: string): Promise<ParticipantProcess> {
  const client = { registerAutomatically: false, freshKeys: 0, ...(app === undefined ? {} : { app }) }
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
      settings: { name: 'auditor', client },
    },
    output,
  )
}

/** Looks with the same tick after which an overdue one counts as not coming. */
const STILL = 15
/** Looks in a row that find nothing new: two minutes at least. */
const [LOOKS, LOOK_MS] = [240, 500]
/** Blocks beyond the tip at the start in which an app has to be found on a chain that is followed. */
const NEW_BLOCKS = 120

/** Height of the tip now; without a node nothing is spent, and nothing moves either. */
async function tipOf({ chain: { backend: _, ...access } }: AuditOptions): Promise<number> {
  const chain = createRpcChain({ ...access, log: { log: () => undefined } })
  const tip = await chain.tip()
  chain.close()
  return tip.ok ? tip.value.height : Infinity
}

/** Caught up when the newest tick known is the one that the tip is in, twice in a row; or when no more of an overdue one are coming. */
async function untilCaughtUp(auditor: ParticipantProcess, tip: number): Promise<Result<{ title: string; app: string }>> {
  const movement = createMovement()
  auditor.subscribe((event, payload) => movement.note(auditor.name, event, payload))
  let last = -1
  let [still, height] = [0, 0]
  const look = async (): Promise<Found<Result<{ title: string; app: string }>>> => {
    const view = await auditor.call('overview', {})
    if (!view.ok) return view
    const { app, tick, chain } = view.value
    height = chain.height
    if (app === null || tick === null || !chain.available) return null
    still = tick.number === last ? still + 1 : 0
    last = tick.number
    return still >= (tick.blocksLeft > 0 ? 1 : STILL) && ok({ title: app.title, app: app.id })
  }
  try {
    return await waitFor('the chain to be followed to its tip', look, {
      moved: movement.count,
      budget: { of: 'new blocks', spent: () => Math.max(0, height - tip), most: NEW_BLOCKS },
      looks: LOOKS,
      lookMs: LOOK_MS,
    })
  } catch (error) {
    if (!(error instanceof OutOfPatience)) throw error
    return failForNow(
      'audit.no-app',
      'No app with a tick was found on the chain, and nothing new came. Check the addresses of chain and tracker, and --app.',
    )
  }
}

/** How a tick's root compares with the one that was signed, in a word or two. */
export const comparison = ({ equal, computed }: { equal: boolean; computed: string }): string =>
  equal ? 'equal' : computed === '' ? 'NOT COMPUTED' : 'DIFFERENT'
