/** Servers that lie, in a world made by hand (see lie.ts). */
import { executeHop } from '../../roles/server/execute.ts'
import type { Deliver, World } from '../roles/request/world.ts'
import { lyingEnv, type Lie } from './lie.ts'

export { FORGED_AUTHOR, type Lie } from './lie.ts'

/** Everybody serves honestly but `liars`. */
export const deliverWith =
  (world: World, liars: ReadonlySet<string>, lie: Lie): Deliver =>
  (server, bytes) =>
    executeHop(world.ctx, liars.has(server) ? lyingEnv(world.hopEnv(server), lie) : world.hopEnv(server), bytes)
