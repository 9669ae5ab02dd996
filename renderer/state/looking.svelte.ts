/** Which of the apps that a node uses the page shows, and with which of its clients. */
import type { EngagementView, Overview, UsedView } from '../../main/contract/index.ts'
import { seen, type Seen } from '../../main/contract/seen.ts'

export interface Looking {
  /** Everything that is used here, and the one that is looked at. */
  readonly apps: readonly UsedView[]
  readonly used: UsedView | null
  /** The app that is looked at, with what all of its clients here know of it. */
  readonly seen: Seen
  /** Looks at another one, by the id of its engagement. */
  use(id: string): void
  /** What is shown now stays until another one is chosen, whoever gets ready meanwhile. */
  keep(): void
  forget(): void
}

const NOTHING: Seen = { tick: null, app: null, actors: [] }

/** Of all that is used here, the newest tick and the actors are those of one app alone. */
function seenOf({ apps, engagements }: Overview, used: UsedView | null): Seen {
  if (used === null) return seen({ apps, engagements })
  const ofApp = ({ app }: EngagementView): boolean => app === used.app.id
  return seen({ apps: apps.filter(({ app }) => app.id === used.app.id), engagements: engagements.filter(ofApp) })
}

export function createLooking(overview: () => Overview | null): Looking {
  let chosen = $state<string | null>(null)
  const apps = $derived(overview()?.apps ?? [])
  const used = $derived(apps.find(({ id }) => id === chosen) ?? apps.find(({ actor }) => actor.state === 'ready') ?? apps[0] ?? null)
  const ofUsed = $derived.by(() => {
    const view = overview()
    return view === null ? NOTHING : seenOf(view, used)
  })
  return {
    get apps() {
      return apps
    },
    get used() {
      return used
    },
    get seen() {
      return ofUsed
    },
    use: (id) => (chosen = id),
    keep: () => (chosen ??= used?.id ?? null),
    forget: () => (chosen = null),
  }
}
