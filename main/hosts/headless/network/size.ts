/** How large a network is: as it began, which its app goes by. */
import { fail, ok, type Result } from '../../../core/index.ts'
import type { NetworkPlan } from './plan.ts'
import { readNote } from './note.ts'

type Size = Pick<NetworkPlan, 'servers' | 'tickBlocks'>

/** Where nobody says. */
const USUAL: Size = { servers: 6, tickBlocks: 4 }

/**
 * The size of the network in a folder.
 * @param asked what a person said; an app that loses servers would sleep for ever, and its ticks are as long as its offer says
 * Error: `network.size`
 */
export function sizeOf(folder: string, asked: { [K in keyof Size]: number | undefined }): Result<Size> {
  const note = readNote(folder)
  const began = note.ok ? note.value.size : undefined
  const { servers = began?.servers ?? USUAL.servers, tickBlocks = began?.tickBlocks ?? USUAL.tickBlocks } = asked
  if (began !== undefined && (servers < began.servers || tickBlocks !== began.tickBlocks))
    return fail(
      'network.size',
      `What is in ${folder} began with ${began.servers} servers and ticks of ${began.tickBlocks} blocks: it takes no fewer servers, and no other ticks. Leave --servers and --tick-blocks out, or name another folder with --folder.`,
    )
  return ok({ servers, tickBlocks })
}
