/** What the page sees of the app: `call` and `subscribe`, and no other way out of the sandbox. */
import type { IpcRendererPart } from './parts.ts'

export interface PageApi {
  /**
   * Calls a command of the contract; resolves with its Result. Rejects for a name that the contract does not have.
   * @param node whose it is; empty: the first one
   */
  call(name: string, args: unknown, node?: string): Promise<unknown>
  /** Hears every event of the contract, of all nodes; returns how to stop. */
  subscribe(listener: (name: string, value: unknown, node: string) => void): () => void
}

interface Names {
  commands: readonly string[]
  events: readonly string[]
  callChannel: string
  eventChannel: string
}

/** The page never gets hold of Electron's event object, whose `sender` would reach every channel. */
export function createPageApi(ipc: IpcRendererPart, names: Names): PageApi {
  return {
    call: (name, args, node = '') =>
      names.commands.includes(name)
        ? ipc.invoke(names.callChannel, name, args, node)
        : Promise.reject(new Error(`There is no command «${String(name)}».`)),
    subscribe: (listener) => {
      if (typeof listener !== 'function') throw new TypeError('subscribe takes a function.')
      const hear = (_event: unknown, name: string, value: unknown, node: string): void => {
        if (names.events.includes(name)) listener(name, value, node)
      }
      ipc.on(names.eventChannel, hear)
      return () => void ipc.removeListener(names.eventChannel, hear)
    },
  }
}
