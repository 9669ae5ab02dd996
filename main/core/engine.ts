/**
 * Runs the roles: one queue of events, one writer. For every event the new states and the effects that follow from it are on disk, in one
 * transaction, before anything is acted on; what a crash left undone is performed again at the next start (every effect is safe to repeat).
 */
import type { Json, LogPort, StoragePort, StorageWrite } from './ports.ts'

export interface AnyEffect {
  type: string
}

export interface Role<State = unknown, Event = unknown, Effect extends AnyEffect = AnyEffect> {
  name: string
  initial: State
  step(state: State, event: Event): { state: State; effects: Effect[] }
  /** Performs one effect and returns the events that report on it. Called again after a crash. */
  perform(effect: Effect): Promise<Event[]>
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
interface Pending {
  id: string
  role: string
  effect: AnyEffect
}

const EFFECTS = 'effect'
const STATES = 'role-state'
const RETRY_MS = [200, 1000, 5000, 15_000, 60_000]

export function createEngine(ports: {
  storage: StoragePort
  log: LogPort
  after(ms: number, run: () => void): () => void
  changed?: () => void
}): Engine {
  const { storage, log } = ports
  const members = new Map<string, Member>()
  const running = new Set<Promise<void>>()
  let tail: Promise<void> = Promise.resolve()
  let sequence = Number(storage.get('engine', 'sequence') ?? 0)
  let stopped = false

  const enqueue = (work: () => void): Promise<void> => {
    if (stopped) return Promise.resolve()
    const done = tail.then(() => {
      if (!stopped) work()
    })
    // A failure is the caller's; the queue goes on.
    tail = done.catch(() => undefined)
    return done
  }

  /** Steps the named roles, commits, and only then starts the effects. */
  function take(event: unknown, names: Iterable<string>, writes: () => StorageWrite[]): void {
    const begun: Pending[] = []
    const batch = [...writes()]
    const stepped: Array<[Member, unknown]> = []
    for (const name of names) {
      const member = members.get(name)!
      const { state, effects } = member.role.step(member.state, event)
      if (state !== member.state) batch.push({ table: STATES, key: name, value: state as Json })
      stepped.push([member, state])
      for (const effect of effects) begun.push({ id: String(++sequence).padStart(12, '0'), role: name, effect })
    }
    const lasting = begun.filter(({ effect }) => effect.type !== 'log')
    for (const { id, role, effect } of lasting) batch.push({ table: EFFECTS, key: id, value: { role, effect: effect as unknown as Json } })
    if (lasting.length > 0) batch.push({ table: 'engine', key: 'sequence', value: sequence })
    if (batch.length > 0) storage.transact(batch)
    for (const [member, state] of stepped) member.state = state
    for (const pending of begun) begin(pending, 0)
    ports.changed?.()
  }

  function begin(pending: Pending, attempt: number): void {
    if (stopped) return
    const { effect, role } = pending
    if (effect.type === 'log') {
      const { level, message } = effect as unknown as { level: 'info'; message: string }
      return log.log(level, message, { role })
    }
    const work = members
      .get(role)!
      .role.perform(effect)
      .then((events) => finish(pending, events))
      .catch((error: unknown) => again(pending, attempt, error))
    running.add(work)
    void work.finally(() => running.delete(work))
  }

  /** The effect is done once the events that report on it are taken: its row goes with the first of their commits. */
  async function finish(pending: Pending, events: unknown[]): Promise<void> {
    const done: StorageWrite = { table: EFFECTS, key: pending.id, delete: true }
    if (events.length === 0) return enqueue(() => storage.transact([done]))
    // Not awaited one by one: an effect's promise must not wait for the queue that idle() drains.
    await Promise.all(events.map((event, at) => enqueue(() => take(event, [pending.role], () => (at === events.length - 1 ? [done] : [])))))
  }

  function again(pending: Pending, attempt: number, error: unknown): void {
    if (stopped) return
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!
    log.log(
      'error',
      `${pending.role}: ${pending.effect.type} failed and is tried again in ${wait} ms: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
    ports.after(wait, () => begin(pending, attempt + 1))
  }

  return {
    add(role) {
      const member: Member = { role: role, state: storage.get(STATES, role.name) ?? role.initial }
      members.set(role.name, member)
      for (const { key, value } of storage.list(EFFECTS)) {
        const { role: owner, effect } = value as unknown as Pending
        if (owner === role.name) begin({ id: key, role: owner, effect }, 0)
      }
      return {
        state: () => member.state as never,
        dispatch: (event) => enqueue(() => take(typeof event === 'function' ? (event as () => unknown)() : event, [role.name], () => [])),
      }
    },
    broadcast: (event, writes = () => []) => enqueue(() => take(event, members.keys(), writes)),
    async idle() {
      do await Promise.all([tail, ...running])
      while (running.size > 0)
    },
    async stop() {
      stopped = true
      await tail
    },
  }
}
