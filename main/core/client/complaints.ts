/** C1: looks into an own update that a tick rejected for its stamp, and keeps the finding with its evidence. */
import type { ClientEffect } from '../../../roles/client/index.ts'
import { findPoison } from '../../../roles/client/index.ts'
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { openDocument, type Plan, type Reference } from '../../../roles/protocol/documents/index.ts'
import type { RevealFile } from '../../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { aboutTick } from '../../../roles/protocol/ticks/index.ts'
import type { Json } from '../ports.ts'
import type { Services } from '../services.ts'
import { tickReader } from '../tick-facts.ts'

type Effect = ClientEffect & { type: 'complaint' }

/** Fetches the reveal, finds the fault, stores and tells it. */
export async function investigate(services: Services, app: string, effect: Effect): Promise<void> {
  const { storage, log, crypto } = services
  const looked = await services.patiently('look into a rejected write', () => evidence(services, effect.tick, effect.stamped))
  if (!looked.ok) return log.log('warn', `A write was rejected for its stamp, and why cannot be found: ${looked.error.message}`)
  const found = looked.value
  const update = openDocument(crypto, 'update', utf8(effect.document))
  if (!update.ok || found.reveal === null || found.plan === null) return
  const complaint = findPoison({ crypto }, app, update.value.body, effect.update, found.reveal, found.plan)
  storage.transact([{ table: 'complaint', key: effect.id, value: complaint as unknown as Json }])
  log.log('warn', `A write was poisoned; the ${complaint.finding.by} is at fault. The evidence is kept with request ${effect.id}.`)
}

interface Evidence {
  reveal: RevealFile | null
  plan: Plan | null
}

/** What the ticks before the one that decided reveal of the stamped tick, and the plan that they held it to. */
async function evidence({ documents }: Services, deciding: Reference, stamped: number): Promise<Result<Evidence>> {
  const about = await aboutTick(tickReader(documents), deciding, stamped)
  if (!about.ok) return about
  const reveal = await about.value.reveal()
  const plan = about.value.publishing?.body.plans.find(({ tick }) => tick === stamped) ?? null
  return reveal.ok ? ok({ reveal: reveal.value, plan }) : reveal
}
