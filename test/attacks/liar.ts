/** A server that runs other code than it was given, and signs as if it had run the true one. */
import { check, type Body } from '../../roles/program/index.ts'
import type { Result } from '../../roles/protocol/result.ts'
import { must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import type { HopEnv, PreparedBlock } from '../../roles/server/types.ts'
import type { Deliver, World } from '../roles/request/world.ts'

/** @param change makes another body of a copy of the true one */
function lying(block: PreparedBlock, change: (body: Body) => void): PreparedBlock {
  const program = structuredClone(block.program)
  change(program.endpoints[block.endpoint]!.blocks[block.block]!.body)
  return { ...block, program: must(check(JSON.parse(JSON.stringify(program)))) }
}

function withCode(env: HopEnv, endpoint: string, position: number, change: (body: Body) => void): HopEnv {
  return {
    ...env,
    code(tick) {
      const code = env.code(tick)
      if (code === null) return null
      const blocks = [...code.blocks].map(([version, block]): [string, PreparedBlock] => [
        version,
        block.endpoint === endpoint && block.block === position ? lying(block, change) : block,
      ])
      return { ...code, blocks: new Map(blocks) }
    },
  }
}

export interface Lie {
  endpoint: string
  position: number
  change: (body: Body) => void
}

/** Everybody serves honestly but `liars`. */
export const deliverWith =
  (world: World, liars: ReadonlySet<string>, { endpoint, position, change }: Lie): Deliver =>
  (server, bytes): Result<Uint8Array> => {
    const env = world.hopEnv(server)
    return executeHop(world.ctx, liars.has(server) ? withCode(env, endpoint, position, change) : env, bytes)
  }
