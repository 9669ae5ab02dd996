/**
 * Runs the roles: one queue of events, one writer. For every event the new states and the effects that follow from it are on disk, in one
 * transaction, before anything is acted on; what a crash left undone is performed again at the next start (every effect is safe to repeat).
 */
import { createEffectRunner, type AnyEffect } from './effect-runner.ts'
import type { Json, LogPort, StoragePort, StorageWrite } from './ports.ts'
import { createTurns } from './turns.ts'

export type { AnyEffect } from './effect-runner.ts'

export interface Role<State = unknown, Event = unknown, Effect extends AnyEffect = AnyEffect> {
  name: string
  initial: State
  step(state: State, event: Event): { state: State; effects: Effect[] }
  /** Performs one effect and returns the events that report on it. Called again after a crash. */
  perform(effect: Effect): Promise<Event[]>
  /** Called once another state is on disk, and only then: what follows from a state that the disk refused would follow again and again. */
  changed?(state: State, before: State): void
}

export interface Dispatching<S, E> {
  state(): S
  /** Gives an event to this role; a function is called when its turn comes, so that what it reads is not overtaken by events before it. */
  dispatch(event: E | (() => E)): Promise<void>
}

export interface Engine {
  /** Adds a role with its stored state, and performs what its last run left undone. */
  add<S, E, F extends AnyEffect>(role: Role<S, E, F>): Dispatching<S, E>
  /**
   * Gives an event to every role. `writes` is called when the event's turn comes, and what it returns is committed with the states: so nothing
   * that was written in between is overwritten by an older value. Rejects when a role or the disk failed; then nothing was written.
   */
  broadcast(event: unknown, writes?: () => StorageWrite[]): Promise<void>
  /** Resolves when no event and no effect is under way. */
  idle(): Promise<void>
  stop(): Promise<void>
}

interface Member {
  role: Role
  state: unknown
}

interface EnginePorts {
  storage: StoragePort
  log: LogPort
  after(ms: number, run: () => void): () => void
  /** Called after every event that was taken. */
  changed?: () => void
}

const STATES = 'role-state'

export function createEngine(ports: EnginePorts): Engine {
  const { storage } = ports
  const members = new Map<string, Member>()
  const turns = createTurns()
  let stopped = false
  const inTurn = (work: () => void): Promise<void> => (stopped ? Promise.resolve() : turns.take(() => (stopped ? undefined : work())))

  /** Steps these roles, commits, and only then starts the effects. */
  function take(event: unknown, taking: Iterable<Member>, writes: StorageWrite[]): void {
    const stepped = Array.from(taking, (member) => ({ member, ...member.role.step(member.state, event) }))
    const changed = stepped.filter(({ member, state }) => state !== member.state)
    const asked = stepped.flatMap(({ member, effects }) => effects.map((effect) => ({ role: member.role.name, effect })))
    const planned = effects.plan(asked)
    const states = changed.map(({ member, state }) => ({ table: STATES, key: member.role.name, value: state as Json }))
    const batch: StorageWrite[] = [...writes, ...states, ...planned.writes]
    if (batch.length > 0) storage.transact(batch)
    const before = changed.map(({ member }) => member.state)
    for (const { member, state } of changed) member.state = state
    for (const begun of planned.begun) effects.begin(begun)
    for (const [at, { member, state }] of changed.entries()) queueMicrotask(() => member.role.changed?.(state, before[at]))
    ports.changed?.()
  }

  const effects = createEffectRunner({
    ...ports,
    stopped: () => stopped,
    perform: ({ role, effect }) => members.get(role)!.role.perform(effect),
    async report({ role }, events, done) {
      if (events.length === 0) return inTurn(() => storage.transact([done]))
      const last = events.length - 1
      // Not awaited one by one: an effect's promise must not wait for the queue that idle() drains.
      await Promise.all(events.map((event, at) => inTurn(() => take(event, [members.get(role)!], at === last ? [done] : []))))
    },
  })

  return {
    add(role) {
      const member: Member = { role, state: storage.get(STATES, role.name) ?? role.initial }
      members.set(role.name, member)
      for (const begun of effects.unfinished(role.name)) effects.begin(begun)
      return {
        state: () => member.state as never,
        dispatch: (event) => inTurn(() => take(typeof event === 'function' ? (event as () => unknown)() : event, [member], [])),
      }
    },
    broadcast: (event, writes = () => []) => inTurn(() => take(event, members.values(), writes())),
    async idle() {
      do await Promise.all([turns.drained(), ...effects.running])
      while (effects.running.size > 0)
    },
    async stop() {
      stopped = true
      await turns.drained()
    },
  }
}
