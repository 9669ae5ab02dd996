/** C1: looks into an own update that a tick rejected for its stamp, and keeps the finding with its evidence. */
import type { ClientEffect } from '../../../roles/client/index.ts'
import { findPoison } from '../../../roles/client/index.ts'
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { parseCanonical } from '../../../roles/protocol/canonical.ts'
import { checkSchema, openDocument, type Tick } from '../../../roles/protocol/documents/index.ts'
import { revealFile } from '../../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import type { Json } from '../ports.ts'
import type { Services } from '../services.ts'

/** A reveal file: 100,000 versions at most, and not deeper than a list of records with lists. */
const [REVEAL_LIMIT, REVEAL_DEPTH] = [256 << 20, 8]

type Effect = ClientEffect & { type: 'complaint' }

/** Fetches the reveal, finds the fault, stores and tells it. */
export async function investigate(services: Services, app: string, effect: Effect): Promise<void> {
  const { storage, log, crypto } = services
  const looked = await services.patiently('look into a rejected write', () => evidence(services, effect))
  if (!looked.ok) return log.log('warn', `A write was rejected for its stamp, and why cannot be found: ${looked.error.message}`)
  const found = looked.value
  const update = openDocument(crypto, 'update', utf8(effect.document))
  if (!update.ok || found.reveal === null || found.plan === null) return
  const complaint = findPoison({ crypto }, app, update.value.body, effect.update, found.reveal, found.plan)
  storage.transact([{ table: 'complaint', key: effect.id, value: complaint as unknown as Json }])
  log.log('warn', `A write was poisoned; the ${complaint.finding.by} is at fault. The evidence is kept with request ${effect.id}.`)
}

async function evidence(
  { documents }: Services,
  effect: Effect,
): Promise<Result<{ reveal: ReturnType<typeof revealFile.parse> | null; plan: Tick['plans'][number] | null }>> {
  const deciding = await documents.fetch(effect.tick, 'tick')
  if (!deciding.ok) return deciding
  let tick = deciding.value.body as Tick
  const { reveal } = tick
  if (reveal === null) return ok({ reveal: null, plan: null })
  const bytes = await documents.fetchFile(effect.tick.infohash, reveal.file)
  if (!bytes.ok) return bytes
  const json = parseCanonical(bytes.value, { maxBytes: REVEAL_LIMIT, maxDepth: REVEAL_DEPTH })
  const parsed = json.ok ? checkSchema('reveal', revealFile, json.value) : json
  if (!parsed.ok) return parsed
  // The plan was published up to three ticks before the stamped one.
  for (let back = 0; back < 6; back++) {
    const plan = tick.plans.find((one) => one.tick === reveal.tick)
    if (plan !== undefined) return ok({ reveal: parsed.value, plan })
    if (tick.previous === null) break
    const before = await documents.fetch(tick.previous, 'tick')
    if (!before.ok) return before
    tick = before.value.body as Tick
  }
  return ok({ reveal: parsed.value, plan: null })
}
