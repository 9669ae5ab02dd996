/** The roles in an engine: the node's own, and those of its engagements, each of which is one scope. */
import { diskFailure } from './disk.ts'
import type { Role } from './role.ts'

export interface Member {
  /** Its name on the disk. */
  name: string
  scope: string | null
  role: Role
  state: unknown
}

export interface Members {
  get(name: string): Member | undefined
  has(name: string): boolean
  put(member: Member): void
  /** Those of an engagement. */
  of(id: string): Member[]
  forget(id: string): void
  /** Whether the roles of an engagement hear of what everybody hears of. */
  setAsleep(id: string, asleep: boolean): void
  /** Those who hear of it; `but`: without these engagements. */
  awake(but?: ReadonlySet<string>): Member[]
  /** Engagements of which a step fails on this event, with the first failure of each. A step is pure: asked again it answers the same. */
  failing(event: unknown): Map<string, unknown>
}

export function createMembers(): Members {
  const members = new Map<string, Member>()
  const asleep = new Set<string>()
  const of = (id: string): Member[] => [...members.values()].filter(({ scope }) => scope === id)
  const awake: Members['awake'] = (but = new Set()) =>
    [...members.values()].filter(({ scope }) => scope === null || !(asleep.has(scope) || but.has(scope)))
  return {
    get: (name) => members.get(name),
    has: (name) => members.has(name),
    put: (member) => void members.set(member.name, member),
    of,
    forget(id) {
      for (const { name } of of(id)) members.delete(name)
    },
    setAsleep: (id, sleeping) => void (sleeping ? asleep.add(id) : asleep.delete(id)),
    awake,
    failing(event) {
      const failures = new Map<string, unknown>()
      for (const { scope, role, state } of awake()) {
        if (scope === null || failures.has(scope)) continue
        try {
          role.step(state, event)
        } catch (error) {
          // Of the node, and not of the engagement that read it.
          if (diskFailure(error) !== null) throw error
          failures.set(scope, error)
        }
      }
      return failures
    },
  }
}
