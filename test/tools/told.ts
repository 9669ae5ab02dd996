/** What a double of a node tells whoever listens, as a node does. */
import { changeOf } from '../../main/contract/changes.ts'
import type { EventName, Overview, Subscribe } from '../../main/contract/index.ts'

export interface Told {
  subscribe: Subscribe
  /** How many listen. */
  count(): number
  /** To those who want it; what is no event of the contract to everybody. */
  emit(event: string, payload: unknown): void
  /** The overview as it was told, with its number. */
  overview(): Overview
  /** Tells what changed. @param lost nobody hears of it */
  show(next: Overview, lost?: boolean): void
}

const EVENTS: readonly string[] = ['changed', 'log', 'pulse'] satisfies EventName[]

export function createTold(begins: Overview): Told {
  const listeners = new Set<{ wanted: readonly string[]; listener: Parameters<Subscribe>[1] }>()
  let told = begins
  const emit: Told['emit'] = (event, payload) => {
    for (const { wanted, listener } of listeners) if (wanted.includes(event) || !EVENTS.includes(event)) listener(event, payload)
  }
  return {
    emit,
    count: () => listeners.size,
    overview: () => told,
    subscribe(wanted, listener) {
      const one = { wanted, listener }
      listeners.add(one)
      return () => void listeners.delete(one)
    },
    show(next, lost = false) {
      const change = changeOf(told, next, told.number + 1)
      if (change === null) return
      told = { ...next, number: change.number }
      if (!lost) emit('changed', change)
    },
  }
}
