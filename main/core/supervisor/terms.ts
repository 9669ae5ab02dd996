/** What a Supervisor asks of the world: the terms of its offers, by default and as their author chooses them. */
import { z } from 'zod'
import { given, wanted, type Form } from '../../contract/arguments.ts'
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
  const issue = parsed.error.issues[0]!
  const field = issue.path.join('.')
  return fail(
    'publish.terms',
    issue.code === 'unrecognized_keys' ? noTerm(issue.path, issue.keys[0]!) : wrongTerm({ ...base, ...merged, title }, issue.path),
    { field },
  )
}

type Path = readonly PropertyKey[]
const terms = z.toJSONSchema(supervisorTerms, { io: 'input' }) as Form
/** What a term, or a part of one, has to be. */
const formAt = (path: Path): Form => path.reduce<Form>((form, part) => own(form.properties ?? {}, String(part)) ?? form.items ?? {}, terms)
const called = (path: Path): string => (path.join('.') === 'title' ? 'The title' : `The term ${path.join('.')}`)

const noTerm = (path: Path, name: string): string =>
  `There is no term ${[...path, name.slice(0, 64)].join('.')}; there are ${Object.keys(formAt(path).properties ?? {})
    .map((each) => [...path, each].join('.'))
    .join(', ')}.`

/** In words of our own, not the validator's. */
function wrongTerm(all: object, path: Path): string {
  const value = path.reduce<unknown>((at, part) => (isObject(at) || Array.isArray(at) ? own(at as never, String(part)) : undefined), all)
  const form = wanted(formAt(path))
  return value === undefined
    ? `${called(path)} is missing; it has to be ${form}. Add it, and publish again.`
    : `${called(path)} has to be ${form}, not ${given(value)}. Correct it, and publish again.`
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
