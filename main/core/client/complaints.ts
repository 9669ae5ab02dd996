/** C1: looks into an own update that a tick rejected for its stamp, and keeps the finding with its evidence. */
import type { ClientEffect } from '../../../roles/client/index.ts'
import { findPoison } from '../../../roles/client/index.ts'
import { utf8 } from '../../../roles/protocol/bytes.ts'
import { parseCanonical } from '../../../roles/protocol/canonical.ts'
import { checkSchema, openDocument, type FileEntry, type Plan, type Reference, type Tick } from '../../../roles/protocol/documents/index.ts'
import { revealFile, type RevealFile } from '../../../roles/protocol/requests/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import type { Json } from '../ports.ts'
import type { Services } from '../services.ts'

/** A reveal file: 100,000 versions at most, and not deeper than a list of records with lists. */
const [REVEAL_LIMIT, REVEAL_DEPTH] = [256 << 20, 8]

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

/** Ticks from the one that publishes a plan to the last that decides what is stamped with it. */
const LIFE_OF_A_PLAN = 7

/** What the ticks before the one that decided reveal of the stamped tick, and the plan that they held it to. */
async function evidence({ documents }: Services, deciding: Reference, stamped: number): Promise<Result<Evidence>> {
  const found: Evidence = { reveal: null, plan: null }
  let at: Reference | null = deciding
  for (let back = 0; back < LIFE_OF_A_PLAN && at !== null && found.plan === null; back++) {
    const document = await documents.fetch(at, 'tick')
    if (!document.ok) return document
    const tick = document.value.body as Tick
    if (tick.reveal?.tick === stamped) {
      const reveal = await readReveal(documents, at, tick.reveal.file)
      if (!reveal.ok) return reveal
      found.reveal = reveal.value
    }
    found.plan = tick.plans.find((plan) => plan.tick === stamped) ?? null
    at = tick.previous
  }
  return ok(found)
}

async function readReveal(documents: Services['documents'], tick: Reference, file: FileEntry): Promise<Result<RevealFile>> {
  const bytes = await documents.fetchFile(tick.infohash, file)
  if (!bytes.ok) return bytes
  const json = parseCanonical(bytes.value, { maxBytes: REVEAL_LIMIT, maxDepth: REVEAL_DEPTH })
  return json.ok ? checkSchema('reveal', revealFile, json.value) : json
}
