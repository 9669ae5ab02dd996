/** Documents between the roles and the world: fetched from the swarm, checked, kept (`fetch.ts`); and published (`publish.ts`). */
import { refusable } from '../disk.ts'
import { createFetching } from './fetch.ts'
import { createPublishing } from './publish.ts'
import type { Documents, DocumentsOptions } from './types.ts'

export { isPublished, PUBLICATIONS } from './publish.ts'
export type * from './types.ts'

/** A disk that refuses what came, or what is to be published, is one of the failures that may pass. */
export function createDocuments(options: DocumentsOptions): Documents {
  const { held, ...fetching } = createFetching(options)
  const publishing = createPublishing(options)
  return {
    held,
    fetch: (...args) => refusable(() => fetching.fetch(...args)),
    fetchFile: (...args) => refusable(() => fetching.fetchFile(...args)),
    publish: (...args) => refusable(() => publishing.publish(...args)),
    seed: (...args) => refusable(() => publishing.seed(...args)),
  }
}
