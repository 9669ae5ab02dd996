/**
 * Which tombstones of a tick this node obeys. It looks into every burial itself, from the tick's evidence and what the chain's ticks say, before anything goes by it;
 * what it found is kept beside the database, because later ticks build on it. See roles/protocol/ticks/burials.ts.
 */
import type { Reference } from '../../roles/protocol/documents/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import type { TickFacts } from '../../roles/protocol/stamps/index.ts'
import {
  evidenceOf,
  factsAbout,
  gravesOf,
  NO_GRAVES,
  type Graves,
  type OfferPrograms,
  type OpenedTick,
} from '../../roles/protocol/ticks/index.ts'
import type { Json } from './ports.ts'
import type { Services } from './services.ts'
import { tickReader } from './tick-facts.ts'

export interface Burials {
  /** What was found for a tick, by the digest of its document; null while nobody has looked, or what it takes was not to be had. */
  known(tick: string): Graves | null
  /** Looks into a tick and those before it that nobody has looked into. Errors: those of fetching. */
  look(tick: Reference): Promise<Result<Graves>>
}

const BURIALS = 'burials'
/** Ticks of which the finding is kept. */
const KEPT = 64

type Used = Pick<Services, 'crypto' | 'storage' | 'documents'>

/** @param app id of the app, hex */
export function createBurials(services: Used, app: string, offerOf: OfferPrograms): Burials {
  const { crypto, storage } = services
  const reader = tickReader(services.documents)
  const known = (tick: string): Graves | null => (storage.get(BURIALS, tick) as { graves: Graves } | undefined)?.graves ?? null

  function keep(tick: OpenedTick, graves: Graves): void {
    const old = storage.list(BURIALS, '').filter(({ value }) => (value as { number: number }).number < tick.body.number - KEPT)
    storage.transact([
      { table: BURIALS, key: tick.sha256, value: { number: tick.body.number, graves } as unknown as Json },
      ...old.map(({ key }) => ({ table: BURIALS, key, delete: true as const })),
    ])
  }

  async function lookInto(reference: Reference, tick: OpenedTick, before: Graves): Promise<Result<Graves>> {
    const evidence = await evidenceOf({ crypto }, reader, reference, tick.body)
    if (!evidence.ok) return evidence
    let missing: Extract<Result<never>, { ok: false }> | null = null
    const ask = async (number: number): Promise<TickFacts | null> => {
      const about = await factsAbout(reader, offerOf, reference, number)
      if (about.ok) return about.value
      missing ??= about
      return null
    }
    const asked = new Map<number, Promise<TickFacts | null>>()
    const facts = (number: number): Promise<TickFacts | null> => {
      const answer = asked.get(number) ?? ask(number)
      asked.set(number, answer)
      return answer
    }
    const graves = await gravesOf({ crypto }, { app, facts }, tick.body, before, evidence.value)
    if (missing !== null) return missing
    keep(tick, graves)
    return ok(graves)
  }

  return {
    known,
    async look(reference) {
      const unseen: Array<{ reference: Reference; tick: OpenedTick }> = []
      let graves = NO_GRAVES
      for (let at: Reference | null = reference; at !== null;) {
        const found = known(at.sha256)
        if (found !== null) {
          graves = found
          break
        }
        const tick: Result<OpenedTick> = await reader.tick(at)
        if (!tick.ok) return tick
        unseen.push({ reference: at, tick: tick.value })
        at = tick.value.body.previous
      }
      for (const one of unseen.toReversed()) {
        const looked = await lookInto(one.reference, one.tick, graves)
        if (!looked.ok) return looked
        graves = looked.value
      }
      return ok(graves)
    },
  }
}

/** Looks into a tick behind everything else, as often as it takes, and says what is faulty. @returns whether it was found out */
export async function lookBehind({ seldom, log }: Pick<Services, 'seldom' | 'log'>, desk: Burials, tick: Reference): Promise<boolean> {
  const graves = await seldom('look into tombstones', () => desk.look(tick))
  if (graves.ok) for (const problem of graves.value.problems) log.log('error', problem)
  return graves.ok
}

/** One for each app, made when it is asked for. */
export function burialsByApp(services: Used, offerOf: OfferPrograms): (app: string) => Burials {
  const made = new Map<string, Burials>()
  return (app) => {
    const known = made.get(app) ?? createBurials(services, app, offerOf)
    made.set(app, known)
    return known
  }
}
