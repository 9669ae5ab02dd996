/** How engagements begin and end: a program is published, an offer accepted, an app used, by a person's command or by the node's own rule. */
import type { Result } from '../../../roles/protocol/result.ts'
import type { KnownAppView } from '../../contract/index.ts'
import type { Engagements } from '../engagements/index.ts'
import type { Market } from '../market.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { createTurns } from '../turns.ts'
import { createApps, describeApp, type Known } from './apps.ts'
import { createHosting } from './hosting.ts'
import { unread } from './looking.ts'
import { createPublishing, type Publishing } from './publishing.ts'
import { useApp } from './using.ts'

export interface Joining extends Publishing {
  /** Apps that this node works for, by id. */
  jobs(): ReadonlySet<string>
  /** Errors: those of `Apps.known`, those of the role's start. */
  join(offer: string): Promise<Result<{ id: string }>>
  decline(offer: string): Promise<Result<null>>
  leave(app: string | undefined, now: boolean): Promise<Result<null>>
  find(app: string): Promise<Result<KnownAppView>>
  use(app: string, register: boolean): Promise<Result<{ id: string }>>
  /** What the node's rules say about the offers that are known now. */
  consider(): Promise<void>
}

export interface JoiningOptions {
  services: Services
  engagements: Engagements
  market: Market
  settings(): NodeSettings
  /** Whether what the phrase brings back is looked for: a rule does not take its place meanwhile. */
  isRestoring(): boolean
}

export function createJoining({ services, engagements, market, settings, isRestoring }: JoiningOptions): Joining {
  const turns = createTurns()
  const apps = createApps(services, market)
  const publishing = createPublishing(services, engagements)
  const hosting = createHosting(services, engagements, market)
  const use = (offer: Known, register: boolean) => useApp(services, engagements, market, offer, register)
  const isUsing = (): boolean => engagements.list().some(({ row }) => row.role === 'client')

  /** The best paid first. */
  async function joinSuiting(offered: ReturnType<typeof apps.all>, { minimumPayPerRequest, jobs }: NodeSettings['host']): Promise<void> {
    const [joined, left] = [hosting.apps(), engagements.leftApps('server')]
    const suiting = offered
      .filter(({ app, offer }) => !joined.has(app!) && !left.has(app!) && offer.terms.perRequest >= minimumPayPerRequest)
      .sort((a, b) => b.offer.terms.perRequest - a.offer.terms.perRequest)
    for (const { offer } of suiting) if (hosting.all().length < jobs) await hosting.join(offer)
  }

  /** One after the other, so that two never take the same place. */
  async function consider(): Promise<void> {
    const { host, use: rule } = settings()
    // With every block: who has no rule looks at no offers.
    const offered = (host.auto || rule.auto) && !isRestoring() ? apps.all().filter(({ offer }) => !offer.declined) : []
    if (host.auto && offered.length > 0) await joinSuiting(offered, host)
    if (rule.auto && offered.length > 0 && !isUsing()) {
      const left = engagements.leftApps('client')
      const first = offered.find(({ app }) => !left.has(app!))
      if (first !== undefined) await use(first.offer, true)
    }
    await hosting.endWhatIsOver()
    publishing.endWhatIsRetiring()
  }

  /** The app of an engagement whose id a person gives, as `status` shows it; any other text as it is. */
  function appMeant(text: string): string {
    const digits = text.trim().toLowerCase()
    if (!/^[0-9a-f]{6,64}$/.test(digits)) return text
    const isOffer = apps.all().some(({ id, app }) => id.startsWith(digits) || app?.startsWith(digits))
    const meant = new Set(engagements.list().flatMap(({ id, app }) => (app !== null && id.startsWith(digits) ? [app] : [])))
    return !isOffer && meant.size === 1 ? [...meant][0]! : text
  }

  /** Does something with the app that a person means, when its turn comes. */
  async function withApp<T>(text: string, act: (offer: Known) => Promise<Result<T>>): Promise<Result<T>> {
    const offer = await apps.known(appMeant(text))
    return offer.ok ? turns.take(() => act(offer.value)) : offer
  }

  return {
    ...publishing,
    jobs: hosting.apps,
    join: (text) =>
      withApp(text, async (offer) => (offer.early === true ? ((await unread(services)) ?? hosting.join(offer)) : hosting.join(offer))),
    decline: (text) => withApp(text, hosting.decline),
    leave: hosting.leave,
    find: (text) => withApp(text, (offer) => describeApp(services, market, offer)),
    use: (text, register) => withApp(text, (offer) => use(offer, register)),
    consider: () => turns.take(consider),
  }
}
