/** `golem verify` of a tick's burials: who is guilty of what by the evidence that it shows, or that it shows nothing. */
import { plural } from '../../../../roles/program/index.ts'
import { verifyBurial } from '../../../../roles/protocol/stamps/index.ts'
import { evidenceOf, type OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { countsIsTaken, factsFor, signerCheck } from './facts.ts'
import type { Check, Doer, Finding } from './finding.ts'
import { referenceOf, type Finder } from './finder.ts'

export async function aboutBurials(finder: Finder, tick: OpenedTick): Promise<Finding> {
  const { app, number, burials, tombstones, by } = tick.body
  const checks: Check[] = [await signerCheck(finder, tick)]
  const guilty: Doer[] = []
  const evidence = await evidenceOf({ crypto: finder.crypto }, finder, referenceOf(tick), tick.body)
  const isHere = evidence.ok && !finder.missing.some(({ sha256 }) => sha256 === tick.body.evidence?.sha256)
  let isMissing = !isHere
  for (const burial of burials) {
    if (!isHere) {
      checks.push({ what: 'burial', holds: null, says: `The evidence against ${burial.subject} is not here.` })
      continue
    }
    const before = finder.missing.length
    const env = { app, number, facts: (about: number) => factsFor(finder, tick, about) }
    const shown = await verifyBurial({ crypto: finder.crypto }, env, burial, evidence.value)
    if (shown.ok) {
      guilty.push({ key: burial.subject, role: 'server', did: shown.value, guilty: true })
      checks.push({ what: 'burial', holds: true, says: `The server ${burial.subject} is guilty. ${shown.value}` })
    } else if (finder.missing.length > before) {
      isMissing = true
      checks.push({ what: 'burial', holds: null, says: `What the evidence against ${burial.subject} is held against is not here.` })
    } else checks.push({ what: 'burial', holds: false, says: shown.error.message, code: shown.error.code })
  }
  const earlier = tombstones.filter((subject) => !burials.some((burial) => burial.subject === subject)).length
  const wrong = checks.filter(({ what, holds }) => what === 'burial' && holds === false).length
  return {
    question: 'burials',
    proved: burials.length > 0 && guilty.length === burials.length,
    answer: answerOf(tick, guilty, wrong, isMissing),
    who:
      wrong === 0
        ? guilty
        : [
            ...guilty,
            {
              key: by,
              role: 'supervisor',
              did: `signed tick ${number}, whose evidence against ${plural(wrong, 'server')} proves nothing.`,
              guilty: true,
            },
          ],
    checks,
    taken: [
      countsIsTaken(tick),
      ...(earlier === 0
        ? []
        : [`${plural(earlier, 'further tombstone')} of tick ${number}, for which earlier ticks have to show the evidence: verify those.`]),
    ],
    missing: finder.missing,
  }
}

function answerOf({ body: { number, burials, by } }: OpenedTick, guilty: readonly Doer[], wrong: number, isMissing: boolean): string {
  if (burials.length === 0) return `No: tick ${number} buries nobody.`
  const names = guilty.map(({ key }) => key).join(', ')
  if (guilty.length === burials.length)
    return `Yes: the evidence of tick ${number} proves the guilt of ${plural(guilty.length, 'server')}: ${names}.`
  const held = guilty.length === 0 ? '' : ` It proves the guilt of ${names}.`
  if (wrong > 0)
    return `No: what tick ${number} shows against ${plural(wrong, 'server')} proves nothing, and nobody has to obey it; the key ${by} signed it.${held}`
  return isMissing ? `No: what tick ${number} shows cannot be seen without what is missing.${held}` : `No: tick ${number} proves nothing.`
}
