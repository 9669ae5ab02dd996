/** A server that runs other code than it was given, and signs as if it had run the true one. */
import { check, type Body } from '../../roles/program/index.ts'
import { must } from '../../roles/protocol/result.ts'
import type { HopEnv, PreparedBlock } from '../../roles/server/types.ts'

export interface Lie {
  endpoint: string
  position: number
  /** Makes another body of a copy of the true one. */
  change: (body: Body) => void
}

function lyingBlock(block: PreparedBlock, change: Lie['change']): PreparedBlock {
  const program = structuredClone(block.program)
  change(program.endpoints[block.endpoint]!.blocks[block.block]!.body)
  return { ...block, program: must(check(JSON.parse(JSON.stringify(program)))) }
}

export const lyingEnv = (env: HopEnv, { endpoint, position, change }: Lie): HopEnv => ({
  ...env,
  code(tick) {
    const code = env.code(tick)
    if (code === null) return null
    const blocks = [...code.blocks].map(([version, block]): [string, PreparedBlock] => [
      version,
      block.endpoint === endpoint && block.block === position ? lyingBlock(block, change) : block,
    ])
    return { ...code, blocks: new Map(blocks) }
  },
})

/** The guestbook's `post`: its second block writes the post, with another's name as author. */
export const FORGED_AUTHOR: Lie = {
  endpoint: 'post',
  position: 1,
  change: (body) => {
    const author = body.nodes.push({ op: 'const', type: { kind: 'text', max: 64 }, value: 'ee'.repeat(32) }) - 1
    const [effect] = body.effects as unknown as [{ then: [{ fields: Record<string, object> }] }]
    effect.then[0].fields['author'] = { node: author }
  },
}
