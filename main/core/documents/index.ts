/** Documents between the roles and the world: fetched from the swarm, checked, kept (`fetch.ts`); and published (`publish.ts`). */
import { createFetching } from './fetch.ts'
import { createPublishing } from './publish.ts'
import type { Documents, DocumentsOptions } from './types.ts'

export { isPublished, PUBLICATIONS } from './publish.ts'
export type * from './types.ts'

export const createDocuments = (options: DocumentsOptions): Documents => ({ ...createFetching(options), ...createPublishing(options) })
