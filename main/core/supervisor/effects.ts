/** Performs what the Supervisor's step asks for; every effect may be performed again after a crash. */
import { signDocument } from '../../../roles/protocol/documents/index.ts'
import type { KeyPair } from '../../../roles/protocol/keys/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import type { Keeper, SupervisorEffect, SupervisorEvent } from '../../../roles/supervisor/index.ts'
import { performFetch, type Services } from '../services.ts'
import { createTurns } from '../turns.ts'
import { arrivedDocuments, forgetArrivals } from './arrivals.ts'
import { KEEP_LEDGERS, ledgerRows } from './ledger-store.ts'
import type { OfferBook } from './offers.ts'

type Effect<T extends SupervisorEffect['type']> = Extract<SupervisorEffect, { type: T }>

/** Closing and composing happen one after the other, because they share the keeper's ledger. */
export function createEffects(
  services: Services,
  keeper: Keeper,
  book: OfferBook,
  signer: () => KeyPair,
): (effect: SupervisorEffect) => Promise<SupervisorEvent[]> {
  const { crypto, storage, documents, log } = services
  const turns = createTurns()

  async function compose({ work, seed }: Effect<'compose'>): Promise<Result<SupervisorEvent[]>> {
    const composed = keeper.compose(work, seed, await arrivedDocuments(services, work))
    const { publicKey } = book.partsOf(work.offer).signer
    const published = await documents.publish({
      documentType: 'tick',
      document: composed.document.bytes,
      files: composed.files,
      spendFromKeys: [publicKey],
      payToKeys: [publicKey],
    })
    if (!published.ok) return published
    storage.transact([...ledgerRows(storage, work.number, keeper.ledger), forgetArrivals(work.number - KEEP_LEDGERS)])
    return ok([composed.event(published.value.reference)])
  }

  async function bury({ fields }: Effect<'tombstone'>): Promise<SupervisorEvent[]> {
    const key = signer()
    // Signed without auxiliary randomness: an effect that is performed again makes the same bytes, so nothing is anchored twice.
    const document = signDocument(crypto, 'tombstone', fields, key, new Uint8Array(32))
    await services.persist('publish a tombstone', () =>
      documents.publish({ documentType: 'tombstone', document: document.bytes, files: [], spendFromKeys: [], payToKeys: [key.publicKey] }),
    )
    log.log('warn', `A tombstone ends the server ${fields.subject}: ${fields.reason}`)
    return []
  }

  return async (effect) => {
    switch (effect.type) {
      case 'fetch':
        return performFetch(documents, effect)
      case 'close':
        return turns.take(async () => [await keeper.close(effect.work, await arrivedDocuments(services, effect.work))])
      case 'compose':
        // Between two attempts others have their turn: a reorganisation may take the tick back.
        return services.persist(`publish tick ${effect.work.number}`, () => turns.take(() => compose(effect)))
      case 'rollback':
        return turns.take(() => {
          keeper.rollback(effect.number)
          return Promise.resolve([])
        })
      case 'tombstone':
        return bury(effect)
      case 'log':
        return []
    }
  }
}
