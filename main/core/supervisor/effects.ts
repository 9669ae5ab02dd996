/** Performs what the Supervisor's step asks for; every effect may be performed again after a crash. */
import { toHex } from '../../../roles/protocol/bytes.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  newestSeal,
  REMEMBERED_TICKS,
  type Keeper,
  type StoredFile,
  type SupervisorEffect,
  type SupervisorEvent,
  type SupervisorState,
  type TickWork,
} from '../../../roles/supervisor/index.ts'
import type { Services } from '../services.ts'
import { createTurns } from '../turns.ts'
import { arrivedDocuments, forgetArrivals } from './arrivals.ts'
import { forgetReadiness, readyServers } from './readiness.ts'
import type { Gathering } from './gathering.ts'
import { ledgerRows } from './ledger-store.ts'
import { madeBefore, madeRows } from './made.ts'

type Effect<T extends SupervisorEffect['type']> = Extract<SupervisorEffect, { type: T }>

/** Files that were made when a tick was closed. */
const storedFiles =
  ({ storage }: Services): StoredFile =>
  ({ name, sha256 }) => {
    const bytes = storage.getBlob(sha256)
    if (bytes === undefined) throw new Error(`the file ${name} was stored and is not there any more`)
    return bytes
  }

/** Closing and composing happen one after the other, because they share the keeper's ledger. */
export function createEffects(
  services: Services,
  keeper: Keeper,
  gathering: Gathering,
  state: () => SupervisorState,
): (effect: SupervisorEffect) => Promise<SupervisorEvent[]> {
  const { crypto, storage, documents, log } = services
  const turns = createTurns()

  /** A tick that a reorganisation took back, or that the master key ended, is published no more. */
  const isWanted = ({ number, hash, by }: TickWork): boolean => {
    const { composing, by: signs } = state()
    return composing?.number === number && composing.hash === hash && signs === by
  }

  async function close({ work }: Effect<'close'>): Promise<SupervisorEvent[]> {
    const before = madeBefore(storage, work)
    if (before !== null) {
      const { event } = await keeper.close(before.work, await arrivedDocuments(services, gathering, before.work), () => Promise.resolve([]))
      return [{ ...event, plans: before.work.plans, seed: before.seed }]
    }
    const arrived = await arrivedDocuments(services, gathering, work)
    const { event, files, answers, servers } = await keeper.close(work, arrived, (listed, ticks) =>
      readyServers(services, work, listed, ticks),
    )
    for (const { bytes } of files) storage.putBlob(toHex(crypto.sha256(bytes)), bytes)
    if (work.planTicks.length > event.plans.length)
      log.log('warn', `${answers} of ${servers} servers answered that they are ready; a tick is left without a plan.`)
    return [event]
  }

  async function compose(effect: Effect<'compose'>): Promise<Result<SupervisorEvent[]>> {
    if (!isWanted(effect.work)) return ok([])
    if (state().phase === 'usurped' || state().phase === 'resuming')
      return failForNow('wallet.no-seal', 'Nothing is anchored before the master key has ended what somebody else anchored.')
    const { work, seed } = madeBefore(storage, effect.work) ?? effect
    storage.transact(madeRows(storage, { work, seed }))
    const composed = keeper.compose(work, seed, await arrivedDocuments(services, gathering, work), storedFiles(services))
    const published = await documents.publish({
      documentType: 'tick',
      document: composed.document.bytes,
      files: composed.files,
      spendFromKeys: [],
      payToKeys: [work.by],
      tick: { number: work.number, seal: () => newestSeal(state()) ?? '' },
    })
    if (!published.ok) return published
    storage.transact([
      ...ledgerRows(storage, work.number, keeper.ledger),
      ...forgetArrivals(storage, work.number - REMEMBERED_TICKS),
      forgetReadiness(work.number - REMEMBERED_TICKS),
    ])
    return ok([composed.event(published.value.reference)])
  }

  return async (effect) => {
    switch (effect.type) {
      case 'close':
        return turns.take(() => close(effect))
      case 'compose':
        // Between two attempts others have their turn: a reorganisation may take the tick back.
        return services.persist(`publish tick ${effect.work.number}`, () => turns.take(() => compose(effect)))
      case 'rollback':
        return turns.take(() => {
          keeper.rollback(effect.number)
          return Promise.resolve([])
        })
      case 'log':
        return []
    }
  }
}
