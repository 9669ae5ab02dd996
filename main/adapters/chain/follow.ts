/** Follows the best chain of a node, by polling where the node cannot tell of a new block: blocks in order, reorganisations with their fork point, the node's absence as an event. */
import type { BlockRef, ChainBlock, ChainEvent, LogPort } from '../../core/ports.ts'
import { fail, failForNow, ok } from '../../../roles/protocol/result.ts'
import type { Failure, Result } from '../../../roles/protocol/result.ts'

/** What following needs to know about the node's chain. */
export interface ChainView {
  tip(): Promise<Result<BlockRef>>
  /** The block at a height of the best chain; `undefined` above the tip. */
  blockAt(height: number): Promise<Result<ChainBlock | undefined>>
  refAt(height: number): Promise<Result<BlockRef | undefined>>
  /** `active`: on the best chain. `undefined`: the node does not know the block. */
  lookup(hash: string): Promise<Result<{ active: boolean; height: number; previous: string } | undefined>>
  /** Whether the node is still loading the chain, so that it does not know yet which one is the best. */
  syncing(): Promise<Result<boolean>>
  /** Resolves once the best block is another one than `hash`, or some time has passed. Without it the tip is polled. */
  changed?(hash: string): Promise<Result<unknown>>
}

export interface FollowOptions {
  pollMs: number
  log: LogPort
}

/** Refs kept to find a fork point without asking further back. */
const memory = 300
const longestPause = 10_000
/** After so many looks in vain, a node that is asked often is asked once a second: a chain at rest costs next to nothing. */
const [quietLooks, quietPause] = [240, 1_000]

/**
 * Starts following after the newest of `recent` that is still on the best chain; with no `recent`, after the genesis block.
 * `gone` of a reorg lists the blocks newest first, the order in which to undo them. An event whose handler rejects is delivered
 * again after a pause.
 * @returns stop; resolves once no handler is running
 */
export function followChain(
  view: ChainView,
  recent: BlockRef[],
  handler: (event: ChainEvent) => Promise<void>,
  options: FollowOptions,
): () => Promise<void> {
  const known = recent.slice(-memory)
  const pause = createPause()
  /** Why the node is of no use now, as last told; a node that catches up says how far it is. */
  let reason: string | undefined
  let [failures, unchanged] = [0, 0]

  const step = async (): Promise<Result<boolean>> => {
    const tip = await view.tip()
    if (!tip.ok) return tip
    const last = known.at(-1)
    if (last?.hash === tip.value.hash) return ok(false)
    const fork = await forkPoint(view, known)
    if (!fork.ok) return fork
    const { ref, gone } = fork.value
    // A node that loads the chain again has not left it: its blocks come back.
    if (last && gone.length > 0 && tip.value.height < last.height) {
      const syncing = await view.syncing()
      if (!syncing.ok) return syncing
      if (syncing.value) return catchingUp(tip.value.height, last.height)
    }
    if (gone.length > 0) await handler({ type: 'reorg', fork: ref, gone })
    known.length = Math.max(0, known.length - gone.length)
    if (known.length === 0) known.push(ref)
    return deliverUpTo(tip.value.height)
  }

  const deliverUpTo = async (height: number): Promise<Result<boolean>> => {
    for (let last = known.at(-1); last && last.height < height && !pause.ended(); last = known.at(-1)) {
      const block = await view.blockAt(last.height + 1)
      if (!block.ok) return block
      if (block.value?.previous !== last.hash) return ok(true)
      await handler({ type: 'block', block: block.value })
      known.push({ height: block.value.height, hash: block.value.hash })
      if (known.length > memory) known.shift()
    }
    return ok(true)
  }

  const report = async (failure: Failure | undefined) => {
    failures = failure ? failures + 1 : 0
    if (pause.ended() || reason === reasonOf(failure)) return
    await handler(failure ? { type: 'availability', available: false, reason: failure.message } : { type: 'availability', available: true })
    reason = reasonOf(failure)
  }

  /** Nothing to do until the tip changes. A node that fails at telling it is polled, and says by the next look what is the matter. */
  const rest = async () => {
    const last = known.at(-1)
    const told = failures === 0 && last && view.changed ? await pause.during(view.changed(last.hash)) : undefined
    if (!told?.ok) await pause.sleep(pauseAfter(options.pollMs, unchanged, failures))
  }

  const run = async () => {
    while (!pause.ended()) {
      try {
        const done = await step()
        unchanged = done.ok && !done.value ? unchanged + 1 : 0
        await report(done.ok ? undefined : done.error)
      } catch (error) {
        failures++
        options.log.log('error', 'a chain event could not be handled; it is delivered again', { error: String(error) })
      }
      await rest()
    }
  }

  const running = run()
  return () => {
    pause.end()
    return running
  }
}

/** Milliseconds to the next look, after so many in a row that saw no other tip, and so many that failed. */
function pauseAfter(pollMs: number, unchanged: number, failures: number): number {
  const usual = unchanged < quietLooks ? pollMs : Math.max(pollMs, quietPause)
  return Math.min(usual * 2 ** Math.min(failures, 16), Math.max(longestPause, usual))
}

/** What is told anew when it changes. A connection that is cut and one that is refused are one absence. */
const reasonOf = (failure: Failure | undefined): string | undefined =>
  failure?.code === 'chain.unreachable' ? failure.code : failure?.message

const catchingUp = (height: number, known: number) =>
  failForNow(
    'chain.syncing',
    `the node is catching up: it has block ${height}, and block ${known} is known here; what follows waits for it`,
  )

/** The newest ref that is still on the best chain, and what lies above it, newest first. */
async function forkPoint(view: ChainView, known: BlockRef[]): Promise<Result<{ ref: BlockRef; gone: BlockRef[] }>> {
  const gone: BlockRef[] = []
  for (const ref of known.toReversed()) {
    const block = await view.lookup(ref.hash)
    if (!block.ok) return block
    if (block.value?.active) return ok({ ref, gone })
    gone.push(ref)
  }
  return forkBelow(view, gone)
}

/** Deeper than what is remembered: the node's own headers lead down. A node on another chain knows none of them; then all is gone. */
async function forkBelow(view: ChainView, gone: BlockRef[]): Promise<Result<{ ref: BlockRef; gone: BlockRef[] }>> {
  for (let oldest = gone.at(-1); oldest && oldest.height > 1; oldest = gone.at(-1)) {
    const block = await view.lookup(oldest.hash)
    if (!block.ok) return block
    if (!block.value) break
    const parent = await view.lookup(block.value.previous)
    if (!parent.ok) return parent
    if (!parent.value) break
    const ref = { hash: block.value.previous, height: parent.value.height }
    if (parent.value.active) return ok({ ref, gone })
    gone.push(ref)
  }
  const genesis = await view.refAt(0)
  if (!genesis.ok) return genesis
  return genesis.value ? ok({ ref: genesis.value, gone }) : fail('chain.answer', 'the node has no genesis block: check its data folder')
}

/** A sleep that can be cut short for good. */
function createPause() {
  let over = false
  let wake: (() => void) | undefined
  return {
    ended: () => over,
    end: () => {
      over = true
      wake?.()
    },
    /** What the work comes to, or undefined when the pause is cut short. */
    during: <T>(work: Promise<T>) =>
      new Promise<T | undefined>((resolve, reject) => {
        if (over) return resolve(undefined)
        wake = () => resolve(undefined)
        work.then(resolve, reject)
      }),
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        if (over) return resolve()
        const timer = setTimeout(resolve, ms)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
  }
}
