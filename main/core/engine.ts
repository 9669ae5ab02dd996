/**
 * Runs the roles: one queue of events, one writer. For every event the new states and the effects that follow from it are on disk, in one
 * transaction, before anything is acted on; what a crash left undone is performed again at the next start (every effect is safe to repeat).
 */
import { diskFailure } from './disk.ts'
import { createEffectRunner, type AnyEffect, type EffectRunner } from './effect-runner.ts'
import { createMembers, type Member, type Members } from './members.ts'
import type { Json, LogPort, StoragePort, StorageWrite } from './ports.ts'
import type { Role } from './role.ts'
import { createTurns } from './turns.ts'

export type { AnyEffect } from './effect-runner.ts'
export type { Role } from './role.ts'

export interface Dispatching<S, E> {
  state(): S
  /** Gives an event to this role; a function is called when its turn comes, so that what it reads is not overtaken by events before it. */
  dispatch(event: E | (() => E)): Promise<void>
}

/** Where the roles of one engagement are added: each is called by its name there, and is taken away with the others. */
export interface Scope {
  /** Adds a role with its stored state, and performs what its last run left undone. */
  add<S, E, F extends AnyEffect>(role: Role<S, E, F>): Dispatching<S, E>
}

/** Events with the rows that say that each was told. */
export type Missed = () => Iterable<{ event: unknown; writes: StorageWrite[] }>

export interface Engine extends Scope {
  /**
   * The roles of an engagement, which are called `<role>:<id>` on the disk.
   * @param sleeping they hear of nothing before `wake`
   */
  scope(id: string, sleeping: boolean): Scope
  /**
   * Tells sleeping roles, in one turn, what they missed, each event with the rows that say that it was told; from then on they hear of everything.
   * @param missed called when the turn comes; @param done rows that say that they hear of everything
   * @returns the failure where a step of theirs fails: then they are out
   */
  wake(id: string, missed: Missed, done: () => StorageWrite[]): Promise<unknown>
  /** Takes the roles of an engagement away; what they have under way is begun again when they are back. @param writes committed in the same turn */
  remove(id: string, writes: () => StorageWrite[]): Promise<void>
  /**
   * Gives an event to every role. `writes` is called when the event's turn comes, and what it returns is committed with the states: so nothing
   * that was written in between is overwritten by an older value. Rejects when a role or the disk failed; then nothing was written.
   */
  broadcast(event: unknown, writes?: () => StorageWrite[]): Promise<void>
  /** Resolves when no event and no effect is under way. */
  idle(): Promise<void>
  stop(): Promise<void>
}

interface EnginePorts {
  storage: StoragePort
  log: LogPort
  after(ms: number, run: () => void): () => void
  /** Called after every event that was taken. @param moved whether a role's state is another now */
  changed?: (moved: boolean) => void
  /**
   * An engagement whose step fails on what everybody hears is put out, so that the others go on: called before the commit. @returns the rows that say so
   */
  putOut?(id: string, error: unknown): StorageWrite[]
}

const STATES = 'role-state'

/** Steps these roles, commits, and only then starts the effects. */
function takeEvent(
  { storage, log, changed: told }: EnginePorts,
  effects: EffectRunner,
  event: unknown,
  taking: Iterable<Member>,
  writes: StorageWrite[],
): void {
  const stepped = Array.from(taking, (member) => ({ member, ...member.role.step(member.state, event) }))
  const changed = stepped.filter(({ member, state }) => state !== member.state)
  const asked = stepped.flatMap(({ member, effects: wanted }) => wanted.map((effect) => ({ role: member.name, effect })))
  const planned = effects.plan(asked)
  const states = changed.map(({ member, state }) => ({ table: STATES, key: member.name, value: state as Json }))
  const batch: StorageWrite[] = [...writes, ...states, ...planned.writes]
  if (batch.length > 0) storage.transact(batch)
  const before = changed.map(({ member }) => member.state)
  for (const { member, state } of changed) member.state = state
  for (const begun of planned.begun) effects.begin(begun)
  for (const [at, { member, state }] of changed.entries()) queueMicrotask(() => tellChanged(log, member, state, before[at]))
  told?.(changed.length > 0)
}

/** What follows from a state is looked at with the next one again, where the disk cannot be read or written now. */
function tellChanged(log: LogPort, { name, role }: Member, state: unknown, before: unknown): void {
  try {
    role.changed?.(state, before)
  } catch (error) {
    const refused = diskFailure(error)
    if (refused === null) throw error
    log.log('error', `${name}: ${refused.message}`)
  }
}

interface Taking {
  inTurn(work: () => void): Promise<void>
  take(event: unknown, taking: Iterable<Member>, writes: StorageWrite[]): void
}

/** Performs what members ask for, and tells them what came of it. */
const runnerOf = (ports: EnginePorts, members: Members, stopped: () => boolean, { inTurn, take }: Taking): EffectRunner =>
  createEffectRunner({
    ...ports,
    stopped,
    isThere: members.has,
    perform: ({ role, effect }) => members.get(role)!.role.perform(effect),
    async report({ role }, events, done) {
      if (events.length === 0) return inTurn(() => ports.storage.transact([done]))
      const last = events.length - 1
      // What was taken away meanwhile hears of it when it is back: the effect is performed again.
      const tell = (at: number): void => {
        const member = members.get(role)
        if (member !== undefined) take(events[at], [member], at === last ? [done] : [])
      }
      // Not awaited one by one: an effect's promise must not wait for the queue that idle() drains.
      await Promise.all(events.map((_, at) => inTurn(() => tell(at))))
    },
  })

export function createEngine(ports: EnginePorts): Engine {
  const { storage } = ports
  const members = createMembers()
  const turns = createTurns()
  let stopped = false
  const inTurn = (work: () => void): Promise<void> => (stopped ? Promise.resolve() : turns.take(() => (stopped ? undefined : work())))
  const take = (event: unknown, taking: Iterable<Member>, writes: StorageWrite[]): void => takeEvent(ports, effects, event, taking, writes)

  function takeAll(event: unknown, writes: StorageWrite[]): void {
    try {
      return take(event, members.awake(), writes)
    } catch (error) {
      const failures = ports.putOut === undefined ? new Map<string, unknown>() : members.failing(event)
      if (failures.size === 0) throw error
      const out = [...failures].flatMap(([id, failure]) => ports.putOut!(id, failure))
      take(event, members.awake(new Set(failures.keys())), [...writes, ...out])
      for (const id of failures.keys()) members.forget(id)
    }
  }

  const effects: EffectRunner = runnerOf(ports, members, () => stopped, { inTurn, take })

  function add<S, E, F extends AnyEffect>(role: Role<S, E, F>, scope: string | null): Dispatching<S, E> {
    const name = scope === null ? role.name : `${role.name}:${scope}`
    const member: Member = { name, scope, role: role, state: storage.get(STATES, name) ?? role.initial }
    members.put(member)
    for (const begun of effects.unfinished(name)) effects.begin(begun)
    const taken = (event: unknown): void => {
      if (members.get(name) === member) take(typeof event === 'function' ? (event as () => unknown)() : event, [member], [])
    }
    return { state: () => member.state as never, dispatch: (event) => inTurn(() => taken(event)) }
  }

  function wakeNow(id: string, missed: Missed, done: () => StorageWrite[]): unknown {
    try {
      for (const { event, writes } of missed()) take(event, members.of(id), writes)
      storage.transact(done())
      members.setAsleep(id, false)
      return undefined
    } catch (error) {
      members.forget(id)
      // It stands still as before, and may go on once the disk takes it.
      if (diskFailure(error) === null) storage.transact(ports.putOut?.(id, error) ?? [])
      return error
    }
  }

  return {
    add: (role) => add(role, null),
    scope(id, sleeping) {
      members.setAsleep(id, sleeping)
      return { add: (role) => add(role, id) }
    },
    broadcast: (event, writes = () => []) => inTurn(() => takeAll(event, writes())),
    async wake(id, missed, done) {
      let failure: unknown
      await inTurn(() => void (failure = wakeNow(id, missed, done)))
      return failure
    },
    remove: (id, writes) =>
      inTurn(() => {
        const rows = writes()
        if (rows.length > 0) storage.transact(rows)
        members.forget(id)
      }),
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
