/** Puts hiring into service: performs what its step asks for. All statements of the master key and of an offer are published here, in one way. */
import { beaconKey, type DocumentType, type OpenedDocument, type Reference } from '../../../roles/protocol/documents/index.ts'
import {
  hiringStep,
  initialHiring,
  nameOfChange,
  type HiringEffect,
  type HiringEvent,
  type HiringState,
  type Wanted,
} from '../../../roles/supervisor/index.ts'
import type { Scope } from '../engine.ts'
import type { SwarmFile } from '../ports.ts'
import type { Services } from '../services.ts'
import type { OfferBook } from './offers.ts'

export interface Hiring {
  state(): HiringState
  /** Publishes the offer of a change; resolves with its digest. Goes on after a crash whether or not it is called again. */
  hire(wanted: Wanted): Promise<string>
}

/**
 * @param offered is told an offer before it is published: its anchor may be in a block before the publication is known to be done. Throws
 * while the offer cannot be taken; then it is not published, and tried again.
 */
export function startHiring(
  services: Services,
  engine: Scope,
  book: OfferBook,
  offered: (document: OpenedDocument<'offer'>, wanted: Wanted) => Promise<void>,
): Hiring {
  const waiting = new Map<string, Array<(offer: string) => void>>()
  const tell = (wanted: Wanted, offer: string): void => {
    for (const resolve of waiting.get(nameOfChange(wanted)) ?? []) resolve(offer)
    waiting.delete(nameOfChange(wanted))
  }
  const member = engine.add<HiringState, HiringEvent, HiringEffect>({
    name: 'hiring',
    initial: initialHiring,
    step: hiringStep,
    async perform(effect) {
      const events = await perform(services, book, offered, effect)
      for (const event of events) if (event.type === 'hire.published') tell(event.wanted, event.offer)
      return events
    },
  })
  return {
    state: member.state,
    hire(wanted) {
      const published = new Promise<string>((resolve) => {
        waiting.set(nameOfChange(wanted), [...(waiting.get(nameOfChange(wanted)) ?? []), resolve])
      })
      return member.dispatch({ type: 'hire.wanted', wanted }).then(() => published)
    },
  }
}

async function perform(
  services: Services,
  book: OfferBook,
  offered: Parameters<typeof startHiring>[3],
  effect: HiringEffect,
): Promise<HiringEvent[]> {
  /** The master key's statements pay its own address, which everybody watches, and from which it takes a key back. */
  const address = [book.master.publicKey]
  switch (effect.type) {
    case 'hire.revoke':
      await publish(services, book.revocation(effect.index, effect.reason), address, [], address)
      return []
    case 'hire.grant':
      return [{ type: 'hire.granted', wanted: effect.wanted, grant: await publish(services, book.grant(effect.wanted.index), address) }]
    case 'hire.sign':
      return [{ type: 'hire.signed', wanted: effect.wanted, offer: book.offer(effect.wanted, effect.grant).sha256 }]
    case 'hire.publish': {
      const document = book.documentOf(effect.offer)
      await offered(document, effect.wanted)
      const paid = [document.body.by, document.body.master, beaconKey(services.crypto, 'offer')]
      // What spends from the master key's address nobody else can have anchored: whoever serves or uses the app asks for it before anything of strangers.
      const spent = effect.wanted.supersedes === null ? [] : [document.body.master]
      book.notePublished(await publish(services, document, paid, book.filesOf(document.sha256), spent))
      return [{ type: 'hire.published', wanted: effect.wanted, offer: document.sha256 }]
    }
  }
}

/** Seeds and anchors a statement of the Supervisor, for as long as it takes. @returns where it is */
export async function publish<T extends DocumentType>(
  { documents, persist }: Services,
  { body, bytes }: OpenedDocument<T>,
  payToKeys: string[],
  files: SwarmFile[] = [],
  spendFromKeys: string[] = [],
): Promise<Reference> {
  const publication = { documentType: body.type, document: bytes, files, spendFromKeys, payToKeys }
  return (await persist(`publish the ${body.type}`, () => documents.publish(publication))).reference
}
