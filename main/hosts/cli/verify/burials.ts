/** `golem verify` of a tick's tombstones: who is guilty of what by the evidence that it shows, or that it shows nothing. */
import { plural } from '../../../../roles/program/index.ts'
import type { Burial } from '../../../../roles/protocol/documents/index.ts'
import { verifyBurial } from '../../../../roles/protocol/stamps/index.ts'
import { evidenceOf, type OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { countsIsTaken, factsFor, signerCheck } from './facts.ts'
import type { Check, Doer, Finding } from './finding.ts'
import { referenceOf, type Finder } from './finder.ts'

interface Buried {
  check: Check
  guilty: Doer[]
}

/** What the evidence of a tick shows about one of its burials. */
async function lookInto(finder: Finder, tick: OpenedTick, burial: Burial): Promise<Buried> {
  const ctx = { crypto: finder.crypto }
  const { app, number } = tick.body
  const { subject } = burial
  const unseen = (says: string): Buried => ({ check: { what: 'burial', holds: null, says }, guilty: [] })
  if (!tick.body.tombstones.includes(subject)) {
    const says = `Tick ${number} buries the server ${subject} and does not list its tombstone.`
    return { check: { what: 'burial', holds: false, says, code: 'tombstone.evidence' }, guilty: [] }
  }
  const evidence = await evidenceOf(ctx, finder, referenceOf(tick), tick.body)
  const isHere = evidence.ok && !finder.missing.some(({ sha256 }) => sha256 === tick.body.evidence?.sha256)
  if (!isHere) return unseen(`The evidence of tick ${number} against ${subject} is not here.`)
  const before = finder.missing.length
  const shown = await verifyBurial(ctx, { app, number, facts: (about) => factsFor(finder, tick, about) }, burial, evidence.value)
  if (shown.ok)
    return {
      check: { what: 'burial', holds: true, says: `Tick ${number} shows that the server ${subject} is guilty. ${shown.value}` },
      guilty: [{ key: subject, role: 'server', did: shown.value, guilty: true }],
    }
  if (finder.missing.length > before) return unseen(`What the evidence of tick ${number} against ${subject} is held against is not here.`)
  return { check: { what: 'burial', holds: false, says: shown.error.message, code: shown.error.code }, guilty: [] }
}

/**
 * Tombstones that a tick lists and does not add: an earlier one has to show the evidence, the first that lists them. Found as far back as the ticks are here.
 */
async function earlierOf(finder: Finder, tick: OpenedTick): Promise<Buried[]> {
  const { body } = tick
  const wanted = new Set(body.tombstones.filter((subject) => !body.burials.some((burial) => burial.subject === subject)))
  const found: Buried[] = []
  const tell = (subject: string, holds: false | null, says: string): void => {
    found.push({ check: { what: 'burial', holds, says, ...(holds === false ? { code: 'tombstone.evidence' } : {}) }, guilty: [] })
    wanted.delete(subject)
  }
  for (let at = body; wanted.size > 0;) {
    const before = at.previous === null ? null : await finder.tick(at.previous)
    if (before?.ok === false) for (const subject of wanted) tell(subject, null, `The tick that buries ${subject} is not here.`)
    const earlier = before?.ok === true ? before.value : null
    for (const subject of wanted) {
      const burial = earlier?.body.burials.find((one) => one.subject === subject)
      if (earlier?.body.tombstones.includes(subject) !== true)
        tell(subject, false, `Tick ${at.number} lists a tombstone of ${subject}, which the tick before it does not, and shows nothing.`)
      else if (burial !== undefined) {
        found.push(await lookInto(finder, earlier, burial))
        wanted.delete(subject)
      }
    }
    if (earlier === null) break
    at = earlier.body
  }
  return found
}

export async function aboutBurials(finder: Finder, tick: OpenedTick): Promise<Finding> {
  const { number, burials, by } = tick.body
  const signer = await signerCheck(finder, tick)
  const looked: Buried[] = []
  for (const burial of burials) looked.push(await lookInto(finder, tick, burial))
  looked.push(...(await earlierOf(finder, tick)))
  const guilty = looked.flatMap((one) => one.guilty)
  const checks = looked.map(({ check }) => check)
  const wrong = checks.filter(({ holds }) => holds === false).length
  const did = `signed tick ${number}, which lists ${plural(wrong, 'tombstone')} that nothing shows.`
  return {
    question: 'burials',
    proved: looked.length > 0 && guilty.length === looked.length,
    answer: answerOf(tick, guilty, checks),
    who: wrong === 0 ? guilty : [...guilty, { key: by, role: 'supervisor', did, guilty: true }],
    checks: [signer, ...checks],
    taken: [countsIsTaken(tick)],
    missing: finder.missing,
  }
}

function answerOf({ body: { number, by } }: OpenedTick, guilty: readonly Doer[], checks: readonly Check[]): string {
  if (checks.length === 0) return `No: tick ${number} has no tombstones.`
  const names = guilty.map(({ key }) => key).join(', ')
  if (guilty.length === checks.length)
    return `Yes: for every tombstone of tick ${number} the evidence proves the guilt of the server: ${names}.`
  const held = guilty.length === 0 ? '' : ` It proves the guilt of ${names}.`
  const wrong = checks.filter(({ holds }) => holds === false).length
  return wrong > 0
    ? `No: what is shown for ${plural(wrong, 'tombstone')} of tick ${number} proves nothing, and nobody has to obey it; the key ${by} signed it.${held}`
    : `No: what is shown for the tombstones of tick ${number} cannot be seen without what is missing.${held}`
}
