/** What the engine runs: a state, a pure step, and effects that are performed once the step is on disk. */
import type { AnyEffect } from './effect-runner.ts'

export interface Role<State = unknown, Event = unknown, Effect extends AnyEffect = AnyEffect> {
  name: string
  initial: State
  step(state: State, event: Event): { state: State; effects: Effect[] }
  /** Performs one effect and returns the events that report on it. Called again after a crash. */
  perform(effect: Effect): Promise<Event[]>
  /** Called once another state is on disk, and only then: what follows from a state that the disk refused would follow again and again. */
  changed?(state: State, before: State): void
}
