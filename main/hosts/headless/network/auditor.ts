/** An auditor: one more participant, fresh and with an empty folder, that follows an app from the first block, registers nowhere and spends nothing. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditView } from '../../../contract/index.ts'
import { failForNow, ok, type ParticipantConfig, type Result } from '../../../core/index.ts'
import { startParticipant, type ParticipantProcess } from './process.ts'

export interface AuditOptions {
  chain: ParticipantConfig['chain']
  trackers: string[]
  dht?: boolean
  /** Hash of the app's first job offer; without it, the first app on the chain. */
  app?: string
  /** How long to wait for the chain to be followed to its tip, in milliseconds. */
  patienceMs?: number
  /** Log lines. */
  output(text: string): void
}

export interface Audited {
  title: string
  app: string
  pid: number
  report: AuditView
}

const PATIENCE_MS = 120_000

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
      const found = await untilCaughtUp(auditor, options.patienceMs ?? PATIENCE_MS)
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
const LOOK_MS = 500

/** Caught up when the newest tick known is the one that the tip is in, twice in a row; or when no more of an overdue one are coming. */
async function untilCaughtUp(auditor: ParticipantProcess, patienceMs: number): Promise<Result<{ title: string; app: string }>> {
  const deadline = performance.now() + patienceMs
  let last = -1
  let looks = 0
  while (performance.now() < deadline) {
    const view = await auditor.call('overview', {})
    if (!view.ok) return view
    const { app, tick, chain } = view.value
    if (app !== null && tick !== null && chain.available) {
      looks = tick.number === last ? looks + 1 : 0
      last = tick.number
      if (looks >= (tick.blocksLeft > 0 ? 1 : STILL)) return ok({ title: app.title, app: app.id })
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return failForNow(
    'audit.no-app',
    `No app with a tick was found on the chain within ${Math.round(patienceMs / 1000)} s. Check the addresses of chain and tracker, and --app.`,
  )
}

/** How a tick's root compares with the one that was signed, in a word or two. */
export const comparison = ({ equal, computed }: { equal: boolean; computed: string }): string =>
  equal ? 'equal' : computed === '' ? 'NOT COMPUTED' : 'DIFFERENT'
