/** What views make of an overview: one tick and one app out of those that there are. */
import type { ActorView, AppView, Overview, TickView } from './views.ts'

export interface Seen {
  /** The newest of all that are there, one that was read before one that was made here. */
  tick: TickView | null
  app: AppView | null
  actors: ActorView[]
}

export function seen({ apps, engagements }: Pick<Overview, 'apps' | 'engagements'>): Seen {
  const newest = apps.reduce<TickView | null>(
    (best, { tick }) => (tick !== null && (best === null || tick.number > best.number) ? tick : best),
    null,
  )
  return {
    tick: newest ?? engagements.find(({ tick }) => tick !== undefined)?.tick ?? null,
    app: apps[0]?.app ?? null,
    actors: apps.map(({ actor }) => actor),
  }
}
