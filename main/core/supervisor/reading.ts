/**
 * The Supervisor reads its own app as everybody does: the newest tick that it published, from an index of its own, proved against the
 * root that it signed.
 */
import type { RowsView } from '../../contract/index.ts'
import type { Tick } from '../../../roles/protocol/documents/index.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { openSnapshot } from '../../../roles/protocol/index/index.ts'
import type { SupervisorState } from '../../../roles/supervisor/index.ts'
import { cacheName, createLocalIndex } from '../local-index/index.ts'
import { indexFileOf, readIndex, type ReadableTick, type ReadArgs } from '../read-index.ts'
import { refusable } from '../disk.ts'
import type { Services } from '../services.ts'
import type { OfferBook } from './offers.ts'

/** Index files of more bytes are not kept a second time; they are read from the torrents that are seeded here. */
const INDEX_BYTES = 256 << 20

export interface SupervisorReading {
  /** Brings the index to the newest tick of the state, in the background; cheap when it is there. */
  catchUp(state: SupervisorState): void
  /** Errors: `client.no-tick` (retryable), those of `readIndex`. */
  read(state: SupervisorState | null, args: ReadArgs): Promise<Result<RowsView>>
  close(): void
}

export function createReading(services: Services, book: OfferBook): SupervisorReading {
  const { crypto, documents } = services
  const local = createLocalIndex({ ...services, name: cacheName('supervisor', book.master.publicKey), maxBytes: INDEX_BYTES })
  let followed = ''
  let kept: { sha256: string; opened: ReadableTick } | null = null

  async function newest(state: SupervisorState | null): Promise<Result<ReadableTick>> {
    const reference = state?.ticks.at(-1)?.reference
    if (reference === undefined)
      return failForNow('client.no-tick', 'No tick of this app is published yet. Wait until enough servers have joined.')
    if (kept?.sha256 === reference.sha256) return ok(kept.opened)
    const document = await documents.fetch(reference, 'tick')
    if (!document.ok) return document
    const tick = document.value.body as Tick
    const { outline } = book.partsOf(tick.offer)
    const fetchFile = indexFileOf(documents, reference, tick, false)
    const reader = openSnapshot({ crypto, program: outline, tick, fetchFile, local: local.for(outline) })
    if (!reader.ok) return reader
    const opened = { tick, outline, reader: reader.value }
    kept = { sha256: reference.sha256, opened }
    void local.catchUp({ program: outline, tick, fetchFile })
    return ok(opened)
  }

  return {
    catchUp(state) {
      const sha256 = state.ticks.at(-1)?.reference.sha256 ?? ''
      if (sha256 === followed) return
      followed = sha256
      // A read opens it anew; what the disk refuses is said there.
      void refusable(() => newest(state))
    },
    async read(state, args) {
      const opened = await newest(state)
      return opened.ok ? readIndex(opened.value, args) : opened
    },
    close: () => local.close(),
  }
}
