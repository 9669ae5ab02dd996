/** The nodes of the sandbox as the page has them: each stays the same for the page, whichever process runs it, and whether one does. */
import { fail, failForNow, ok, type Failure, type Result } from '../../core/index.ts'
import { GAP } from '../../contract/changes.ts'
import type { EventName, Overview } from '../../contract/index.ts'
import type { Absent } from '../headless/network/participants.ts'
import type { ParticipantProcess } from '../headless/network/process.ts'
import type { PageNode } from '../headless/page/server.ts'

export interface Doors {
  /** In their order; the own node first. */
  list(): readonly PageNode[]
  add(participant: ParticipantProcess): void
  absent(one: Absent): void
}

type Listener = (event: string, payload: unknown) => void

/** @param names of all nodes, the own one first */
export function createDoors(names: readonly string[]): Doors {
  const doors = new Map(names.map((name) => [name, createDoor(name)]))
  return {
    list: () => [...doors.values()].map(({ node }) => node),
    add: (participant) => doors.get(participant.name)?.open(participant),
    absent: ({ name, why }) => doors.get(name)?.close(why),
  }
}

function createDoor(name: string) {
  const listeners = new Set<{ wanted: readonly EventName[]; listener: Listener; stop: () => void }>()
  let inside: ParticipantProcess | undefined
  let closed: Failure | undefined
  const subscribed = (wanted: readonly EventName[], listener: Listener): (() => void) =>
    inside?.subscribe(wanted, listener) ?? (() => undefined)
  const node: PageNode = {
    id: name,
    name,
    core: {
      call(command, args): Promise<Result<unknown>> {
        if (inside?.running === true) return inside.call(command, args as never)
        if (closed !== undefined) return Promise.resolve({ ok: false, error: closed })
        if (command === 'overview') return Promise.resolve(ok(startingView(name)))
        return Promise.resolve(
          command === 'log' ? ok([]) : failForNow('core.starting', `${name} is still starting. Try again in a moment.`),
        )
      },
      subscribe(wanted, listener) {
        const one = { wanted, listener, stop: subscribed(wanted, listener) }
        listeners.add(one)
        return () => {
          one.stop()
          listeners.delete(one)
        }
      },
    },
  }
  return {
    node,
    open(participant: ParticipantProcess): void {
      inside = participant
      closed = undefined
      for (const one of listeners) {
        one.stop = subscribed(one.wanted, one.listener)
        if (one.wanted.includes('changed')) one.listener('changed', GAP)
      }
    },
    close(why: string): void {
      closed = fail('sandbox.absent', why).error
    },
  }
}

const startingView = (name: string): Overview => ({
  number: GAP.number,
  chain: { network: 'regtest', backend: 'embedded', height: 0, hash: '', available: false, reason: 'starting' },
  node: { name, network: 'sandbox', wallet: 'open', balance: 0, problems: [] },
  engagements: [],
  apps: [],
  requests: [],
})
