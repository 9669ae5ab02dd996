/**
 * The sandbox: the person's own node, chain and tracker in this process, and all others in a second one. It is a local network whose participants are started
 * in another way, and a door to each node, with its own contract.
 */
import type { LogPort } from '../../core/ports.ts'
import type { Result } from '../../core/index.ts'
import type { SandboxCommandName } from '../../contract/sandbox.ts'
import { startLocalNetwork, type LocalNetwork, type LocalNetworkOptions } from '../headless/network/local-network.ts'
import { BLOCK_MS } from '../headless/network/time.ts'
import type { PageNodes } from '../headless/page/server.ts'
import { createControl } from './control.ts'
import { createDoors } from './doors.ts'
import { createOthers } from './others.ts'
import { createOwn } from './own.ts'

/** The name of the person's own node. */
export const OWN = 'you'
/** Beside it one other person uses the app. */
const CLIENTS = [OWN, 'bob']

export interface SandboxOptions extends Pick<
  LocalNetworkOptions,
  'folder' | 'program' | 'title' | 'servers' | 'blockMs' | 'tickBlocks' | 'logLevel' | 'output' | 'log'
> {
  /** Of the own node. */
  ownLog: LogPort
}

export interface Sandbox {
  nodes: PageNodes
  call(name: SandboxCommandName, args: unknown): Promise<Result<unknown>>
  /**
   * Resolves when all run that can. Rejects in one sentence when the network cannot start.
   * @param started told of each node that serves, by name
   */
  start(started?: (name: string) => void): Promise<LocalNetwork>
  /** Ends it in order, also while it starts. */
  stop(): Promise<void>
}

/** Its nodes can be asked at once, before it starts. */
export function createSandbox({ ownLog, ...options }: SandboxOptions): Sandbox {
  const others = Array.from({ length: options.servers }, (_, at) => `server-${at + 1}`)
  const doors = createDoors([...CLIENTS, 'supervisor', ...others])
  const control = createControl(options.blockMs ?? BLOCK_MS, doors.list)
  const [startOwn, startOther] = [createOwn(ownLog), createOthers(options.output)]
  const cancel = new AbortController()
  let standing: Promise<LocalNetwork> | undefined
  return {
    nodes: doors.list,
    call: control.call,
    start(started) {
      standing = startLocalNetwork({
        ...options,
        clients: CLIENTS,
        network: 'sandbox',
        keepUp: true,
        chainHere: true,
        start: (config) => (config.settings.name === OWN ? startOwn : startOther)(config),
        started(participant) {
          control.started(participant.name)
          doors.add(participant)
          started?.(participant.name)
        },
        absent(one) {
          control.absent(one)
          doors.absent(one)
        },
        signal: cancel.signal,
      })
      standing.then(control.running, () => undefined)
      return standing
    },
    async stop() {
      cancel.abort()
      await standing?.then(({ stop }) => stop()).catch(() => undefined)
    },
  }
}
