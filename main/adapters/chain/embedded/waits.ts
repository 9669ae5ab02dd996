/** `waitfornewblock`: callers that wait until the best block is another one, so that nobody has to ask again and again. */
import type { EmbeddedNode } from './node.ts'

export interface TipWaits {
  /** Resolves once the best block is not `current` any more (without it: not what it is now), after `timeoutMs` (0: never) or when `gone` says so. */
  wait(timeoutMs: number, current: string | undefined, gone: AbortSignal): Promise<{ hash: string; height: number }>
  /** To be called after whatever may have changed the best block. */
  look(): void
}

/** Longest timer of Node. */
const LONGEST_MS = 0x7fffffff

export function createTipWaits(node: Pick<EmbeddedNode, 'tip'>): TipWaits {
  const waiting = new Set<() => void>()
  let last = node.tip().hash
  return {
    look() {
      const { hash } = node.tip()
      if (hash === last) return
      last = hash
      for (const wake of [...waiting]) wake()
    },
    async wait(timeoutMs, current = node.tip().hash, gone) {
      if (node.tip().hash === current && !gone.aborted)
        await new Promise<void>((resolve) => {
          const timer = timeoutMs > 0 ? setTimeout(() => wake(), Math.min(timeoutMs, LONGEST_MS)) : undefined
          const wake = (): void => {
            clearTimeout(timer)
            waiting.delete(wake)
            gone.removeEventListener('abort', wake)
            resolve()
          }
          waiting.add(wake)
          gone.addEventListener('abort', wake)
        })
      const { hash, height } = node.tip()
      return { hash, height }
    },
  }
}
