/** What a Supervisor asks of the world: the terms of its offers, by default and as their author chooses them. */
import { z } from 'zod'
import { offerTerms, sats } from '../../../roles/protocol/documents/index.ts'
import { own, type Program } from '../../../roles/program/index.ts'
import { DEFAULT_PER_TICK } from '../../../roles/protocol/ticks/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { lanesWithin } from './lanes.ts'

export const supervisorTerms = z.strictObject({
  ...offerTerms.shape,
  perRequest: sats,
  /** Left out: what `defaultLanes` says. */
  witnesses: offerTerms.shape.witnesses.optional(),
  spare: offerTerms.shape.spare.optional(),
  /** Left out: `DEFAULT_PER_TICK`. */
  perTick: offerTerms.shape.perTick.optional(),
})
export type SupervisorTerms = z.infer<typeof supervisorTerms>
/** Servers that an app waits for where its author does not say. */
const USUAL_SERVERS = 6

/** What stands where the author of an app says nothing. */
const defaultTerms = (program: Program): Omit<SupervisorTerms, 'title'> => ({
  ...lanesWithin(program, USUAL_SERVERS),
  trackers: [],
  work: { client: 18, server: 20 },
  tickBlocks: 6,
  joinBlocks: 144,
  confirmations: 1,
  versions: 2,
  primeBits: 512,
  perRequest: 10,
})

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Errors: `publish.terms`, which names the term. */
function completeTerms(title: string, base: object, chosen: Record<string, unknown>): Result<SupervisorTerms> {
  const known: Record<string, unknown> = { perTick: DEFAULT_PER_TICK, ...base }
  // A term that is an object is changed member by member: `work.client` leaves `work.server` as it is.
  const merged = Object.fromEntries(
    Object.entries(chosen).map(([name, value]) => [
      name,
      isObject(value) && isObject(own(known, name)) ? { ...(own(known, name) as object), ...value } : value,
    ]),
  )
  const parsed = supervisorTerms.safeParse({ ...base, ...merged, title })
  if (parsed.success) return ok(parsed.data)
  const { path, message, code } = parsed.error.issues[0]!
  const field = path.join('.')
  return fail(
    'publish.terms',
    code === 'unrecognized_keys'
      ? `There is no term ${(parsed.error.issues[0] as { keys: string[] }).keys[0]}; there are ${Object.keys(supervisorTerms.shape).join(', ')}.`
      : `The term ${field} is not acceptable: ${message}. Correct it, and publish again.`,
    { field },
  )
}

/** The terms of a new app. Error: `publish.terms`. */
export function newTerms(program: Program, title: string | undefined, chosen: Record<string, unknown> = {}): Result<SupervisorTerms> {
  const { witnesses, spare, ...others } = defaultTerms(program)
  // Lanes follow from the number of servers, where that is chosen and they are not.
  const base = 'minimumServers' in chosen ? others : { ...others, witnesses, spare }
  return completeTerms(title ?? program.name, base, chosen)
}

/** The terms in force with some of them changed. Error: `publish.terms`. */
export const changedTerms = ({ title, ...base }: SupervisorTerms, chosen: Record<string, unknown>): Result<SupervisorTerms> =>
  completeTerms(title, base, chosen)
