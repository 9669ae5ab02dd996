/** What the page sees of the app: `call` and `subscribe`, and no other way out of the sandbox. */
import type { IpcRendererPart } from './parts.ts'

export interface PageApi {
  /**
   * Calls a command of the contract; resolves with its Result. Rejects for a name that the contract does not have.
   * @param node whose it is; empty: the first one
   */
  call(name: string, args: unknown, node?: string): Promise<unknown>
  /** Hears the events of a node; returns how to stop. @param node its id; empty: the first one */
  subscribe(node: string, listener: (name: string, value: unknown) => void): () => void
}

interface Names {
  commands: readonly string[]
  events: readonly string[]
  callChannel: string
  hearChannel: string
  eventChannel: string
}

/** The page never gets hold of Electron's event object, whose `sender` would reach every channel. */
export function createPageApi(ipc: IpcRendererPart, names: Names): PageApi {
  const heard: string[] = []
  /** All of them each time: a page that was loaded anew says what it hears in place of what the one before it heard. */
  const tell = (): void => void ipc.invoke(names.hearChannel, [...new Set(heard)])
  return {
    call: (name, args, node = '') =>
      names.commands.includes(name)
        ? ipc.invoke(names.callChannel, name, args, node)
        : Promise.reject(new Error(`There is no command «${String(name)}».`)),
    subscribe: (node, listener) => {
      if (typeof node !== 'string' || typeof listener !== 'function')
        throw new TypeError('subscribe takes the id of a node and a function.')
      const hear = (_event: unknown, name: string, value: unknown, of: string): void => {
        if (of === node && names.events.includes(name)) listener(name, value)
      }
      ipc.on(names.eventChannel, hear)
      heard.push(node)
      tell()
      return () => {
        ipc.removeListener(names.eventChannel, hear)
        const at = heard.indexOf(node)
        if (at >= 0) heard.splice(at, 1)
        tell()
      }
    },
  }
}
