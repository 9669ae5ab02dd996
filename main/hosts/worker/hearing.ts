/** Which events of which node are told to who started this process: those that it named, also of a node that starts later. */
import type { EventName } from '../../contract/index.ts'
import type { Callable } from './channel.ts'

export interface Hearing {
  /** From now on these events of this node are told, and no others. */
  hear(node: string, wanted: readonly EventName[]): void
  /** A node is there, or another one in its place. */
  begun(node: string): void
}

export function createHearing(
  coreOf: (node: string) => Callable | undefined,
  tell: (node: string, event: string, payload: unknown) => void,
): Hearing {
  const heard = new Map<string, { wanted: readonly EventName[]; stop: () => void }>()
  function hear(node: string, wanted: readonly EventName[]): void {
    const before = heard.get(node)
    // Before the other ends: what is heard all along has no gap.
    const stop = wanted.length === 0 ? undefined : coreOf(node)?.subscribe(wanted, (event, payload) => tell(node, event, payload))
    before?.stop()
    heard.set(node, { wanted, stop: stop ?? (() => undefined) })
  }
  return {
    hear,
    begun(node) {
      const asked = heard.get(node)
      if (asked !== undefined) hear(node, asked.wanted)
    },
  }
}
