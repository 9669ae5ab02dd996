/** Which of the nodes behind this address the page shows. */
import type { NodeChoice, Nodes, SandboxCall } from '../lib/calls.ts'
import { hashOf, nodeIn } from '../lib/place.ts'

/** Where the choice is remembered: the hash of the window's address. */
export interface Place {
  hash(): string
  /** Empties it where the hash is empty. */
  go(hash: string): void
  /** Hears when a person changes it, by going back for one. */
  moved(listener: () => void): () => void
}

export interface NodeChooser {
  /** All that there are, as far as they are known. */
  readonly all: readonly NodeChoice[]
  /** Null is the first one. */
  readonly chosen: string | null
  choose(id: string): void
  /** Asks who is there; a chosen one that is not is let go. */
  look(): Promise<void>
  start(): () => void
  /** About the sandbox itself, where the nodes are in one. */
  sandbox: SandboxCall
}

export function createNodeChooser(nodes: Nodes, place: Place): NodeChooser {
  let all = $state.raw<NodeChoice[]>([])
  let chosen = $state<string | null>(nodeIn(place.hash()))
  return {
    get all() {
      return all
    },
    get chosen() {
      return chosen
    },
    choose(id) {
      chosen = id
      place.go(hashOf(id))
    },
    async look() {
      const answer = await nodes.list()
      if (!answer.ok) return
      all = answer.value
      if (chosen === null || all.length === 0 || all.some(({ id }) => id === chosen)) return
      chosen = null
      place.go('')
    },
    sandbox: nodes.sandbox,
    start: () => place.moved(() => (chosen = nodeIn(place.hash()))),
  }
}

/** @param host the window */
export const placeOf = (host: Window): Place => ({
  hash: () => host.location.hash,
  go: (hash) => host.history.pushState(null, '', hash === '' ? host.location.pathname : hash),
  moved(listener) {
    host.addEventListener('popstate', listener)
    return () => host.removeEventListener('popstate', listener)
  },
})
