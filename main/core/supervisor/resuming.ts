/** Puts resumption into service: performs what its step asks for. */
import {
  initialResuming,
  resumingStep,
  type ResumingEffect,
  type ResumingEvent,
  type ResumingState,
  type SupervisorEvent,
  type SupervisorState,
  type WantedResumption,
} from '../../../roles/supervisor/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { MOST_TAKEN_BACK } from '../../../roles/protocol/ticks/index.ts'
import type { CommandArgs } from '../../contract/index.ts'
import type { Dispatching, Scope } from '../engine.ts'
import type { Services } from '../services.ts'
import { publish } from './hiring.ts'
import type { OfferBook } from './offers.ts'

export interface Resuming {
  state(): ResumingState
  /** Signs the master key's statement and anchors it; goes on after a crash by itself. */
  resume(wanted: WantedResumption): Promise<void>
}

/** @param tell gives the Supervisor's step an event */
export function startResuming(
  services: Services,
  engine: Scope,
  book: OfferBook,
  tell: (event: SupervisorEvent) => Promise<void>,
): Resuming {
  const waiting: Array<() => void> = []
  const member = engine.add<ResumingState, ResumingEvent, ResumingEffect>({
    name: 'resuming',
    initial: initialResuming,
    step: resumingStep,
    async perform(effect) {
      const { wanted } = effect
      if (effect.type === 'resuming.grant')
        return [{ type: 'resuming.granted', wanted, grant: await publish(services, book.grant(wanted.index), [book.master.publicKey]) }]
      const document = book.resumption(wanted, effect.grant)
      const { key } = document.body
      // Told before it is published: its anchor may be in a block before the publication is known to be done.
      await tell({ type: 'resuming', resumption: { sha256: document.sha256, good: wanted.good?.number ?? null, key } })
      await publish(services, document, [key, book.master.publicKey], [], [book.master.publicKey])
      for (const done of waiting.splice(0)) done()
      return [{ type: 'resuming.published', wanted }]
    },
  })
  return {
    state: member.state,
    resume(wanted) {
      const published = new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
      return member.dispatch({ type: 'resuming.wanted', wanted }).then(() => published)
    },
  }
}

interface Asked {
  member: Dispatching<SupervisorState, SupervisorEvent> | null
  resuming: Resuming
  /** Number of the key that goes on. */
  index: number
  services: Services
}

/**
 * Has the master key end every tick after a good one.
 * Errors: `offer.none`, `resume.tick` (not one of the last ticks), `resume.shows` (readers would not obey), `resume.busy`.
 */
export async function resume(
  { member, resuming, index, services: { identity } }: Asked,
  { reason, tick, shows }: Omit<CommandArgs<'publish.takeBack'>, 'app'>,
): Promise<Result<{ good: number | null; key: string }>> {
  if (member === null) return fail('offer.none', 'There is no offer yet whose ticks could be taken back. Wait until it is anchored.')
  if (resuming.state().wanted !== null || member.state().phase === 'resuming')
    return fail('resume.busy', 'The master key takes ticks back already. Wait until its anchor is in a block.')
  const good = lastGood(member.state(), tick ?? null)
  if (!good.ok) return good
  // With what the master key took back before: so readers count.
  const last = good.value?.number ?? -1
  const taken = new Set(member.state().seals.flatMap(({ number }) => (number !== null && number > last ? [number] : []))).size
  const first = member.state().seals.findLast(({ number }) => number === last + 1)
  if (taken > MOST_TAKEN_BACK && (shows === undefined || shows.sha256 !== first?.sha256))
    return fail(
      'resume.shows',
      `Readers do not obey a resumption that takes back more than ${MOST_TAKEN_BACK} ticks, and this one would take back ${taken}, unless the first of them, tick ${last + 1}, is the first faulty one, and it shows that one: name it.`,
    )
  await resuming.resume({ index, good: good.value, reason, shows: shows ?? null })
  return ok({ good: good.value?.number ?? null, key: identity.key({ purpose: 'secondary', app: 0, index }).publicKey })
}

/** The last tick that was made here and is on the line of seals, or the one that is named. */
function lastGood({ ticks, seals }: SupervisorState, tick: number | null): Result<WantedResumption['good']> {
  const anchored = ticks.filter(({ reference }) => seals.some(({ sha256 }) => sha256 === reference.sha256))
  const found = tick === null ? anchored.at(-1) : anchored.find(({ number }) => number === tick)
  if (found !== undefined) return ok({ number: found.number, ...found.reference })
  if (ticks.every(({ number }) => number === 0) && tick === null) return ok(null)
  const known = anchored.map(({ number }) => number).join(', ')
  return fail(
    'resume.tick',
    `Tick ${tick ?? ''} is none of the last ticks that are in blocks here. Name one of ${known || 'them, once a block has one'}.`,
  )
}
