/** `golem verify` of two ticks: whether they prove that a key signed what no honest key signs. */
import { brokenSuccession, equivocation, type OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { signerCheck } from './facts.ts'
import type { Check, Doer, Finding } from './finding.ts'
import type { Finder } from './finder.ts'

const nameOf = ({ sha256, body }: OpenedTick): string => `tick ${body.number} (${sha256})`

/** Why two ticks are no two documents of one number by one key over one block. */
function differences({ body: a }: OpenedTick, { body: b }: OpenedTick): string[] {
  return [
    ...(a.app === b.app ? [] : ['they are of two apps']),
    ...(a.number === b.number ? [] : [`they have the numbers ${a.number} and ${b.number}`]),
    ...(a.by === b.by ? [] : ['two keys signed them']),
    ...(a.blocks.hash === b.blocks.hash ? [] : ['they close two different blocks, of which a reorganisation may have taken one']),
  ]
}

export async function aboutTicks(finder: Finder, [one, other]: [OpenedTick, OpenedTick]): Promise<Finding> {
  const [a, b] = one.body.number <= other.body.number ? [one, other] : [other, one]
  const checks: Check[] = [await signerCheck(finder, a), await signerCheck(finder, b)]
  const twice = equivocation(a, b)
  // Each may name the other.
  const broken = [...brokenSuccession(a, b).map((why) => [b, why] as const), ...brokenSuccession(b, a).map((why) => [a, why] as const)]
  const isSame = a.sha256 === b.sha256
  checks.push(
    twice === null
      ? {
          what: 'equivocation',
          holds: false,
          says: isSame ? 'Both are one document.' : `They are no two documents of one number: ${differences(a, b).join('; ')}.`,
        }
      : { what: 'equivocation', holds: true, says: `Both have the number ${twice.number} and close the block ${twice.block}.` },
    ...broken.map(([tick, why]): Check => ({
      what: 'succession',
      holds: true,
      says: `The ${nameOf(tick)} names the other as the one before it, and ${why}.`,
    })),
  )
  const liar = twice?.key ?? broken[0]?.[0].body.by
  const who: Doer[] =
    liar === undefined
      ? []
      : [
          {
            key: liar,
            role: 'supervisor',
            did:
              twice === null
                ? 'signed a tick that cannot follow the one that it names.'
                : `signed two documents of the number ${twice.number}.`,
            guilty: true,
          },
        ]
  return {
    question: 'ticks',
    proved: liar !== undefined,
    answer: answerOf(a, b, who),
    who,
    checks,
    taken: liar === undefined ? [] : [`Whether ${liar} was a key of the app: its offers, grants and resumptions say so.`],
    missing: finder.missing,
  }
}

function answerOf(a: OpenedTick, b: OpenedTick, [liar]: Doer[]): string {
  const both = `${nameOf(a)} and ${nameOf(b)}`
  if (liar !== undefined) return `Yes: ${both} prove that the key ${liar.key} ${liar.did}`
  if (a.sha256 === b.sha256) return `No: both are the ${nameOf(a)}.`
  return b.body.previous?.sha256 === a.sha256
    ? `No: ${both} prove nothing against anybody: the second follows the first.`
    : `No: ${both} prove nothing against anybody: ${differences(a, b).join('; ')}.`
}
