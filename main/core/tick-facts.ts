/** Ticks as this node has them, for whoever reads what they say about each other (roles/protocol/ticks/about.ts). */
import type { OpenedTick, TickReader } from '../../roles/protocol/ticks/index.ts'
import { ok } from '../../roles/protocol/result.ts'
import type { Services } from './services.ts'

export const tickReader = (documents: Services['documents']): TickReader => ({
  async tick(reference) {
    const document = await documents.fetch(reference, 'tick')
    return document.ok ? ok(document.value as OpenedTick) : document
  },
  file: ({ infohash }, file) => documents.fetchFile(infohash, file),
})
