/** Taking a job and leaving it. */
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { Engagement, EngagementRow, Engagements } from '../engagements/index.ts'
import type { Market } from '../market.ts'
import type { Services } from '../services.ts'
import type { Known } from './apps.ts'
import { checkUsable } from './usable.ts'

export interface Hosting {
  /** The jobs of this node. */
  all(): Engagement[]
  /** Apps that this node works for, by id. */
  apps(): ReadonlySet<string>
  /** Errors: `offer.program`, those of the role's start. */
  join(offer: Known): Promise<Result<{ id: string }>>
  /** Error: `server.job`. */
  decline(offer: Known): Promise<Result<null>>
  leave(app: string | undefined, now: boolean): Promise<Result<null>>
  /** Ends jobs that were left, and those whose offers do not count: these are left alone by the rule. */
  endWhatIsOver(): Promise<void>
}

export function createHosting(services: Services, engagements: Engagements, market: Market): Hosting {
  const { wallet } = services
  const all = (): Engagement[] => engagements.list().filter(({ row }) => row.role === 'server')
  const apps = (): ReadonlySet<string> => new Set(all().flatMap(({ app }) => (app === null ? [] : [app])))

  async function endOne({ id, running, row }: Engagement): Promise<void> {
    if (running?.role !== 'server' || row.role !== 'server') return
    const phase = running.service.phase()
    if (phase === 'without a job') await market.decline(row.offer)
    if (phase === 'without a job') await engagements.end(id)
    if (phase === 'left') await engagements.leave(id)
  }

  return {
    all,
    apps,
    async join({ reference, terms }: Known): Promise<Result<{ id: string }>> {
      // Whoever served it before goes on with that identity.
      const before = all().find(({ app }) => app === terms.app)
      const id = before?.id ?? wallet.watchKey({ purpose: 'server', offer: reference.sha256, index: 0 }, 'identity').publicKey
      const offers = market.ofApp(terms.app).map((offer) => ({ reference: offer.reference, height: offer.height, terms: offer.terms }))
      const usable = before === undefined ? await checkUsable(services, { reference, terms }) : ok(null)
      if (!usable.ok) return usable
      const row: EngagementRow = { role: 'server', app: terms.app, offer: reference.sha256, offers, title: terms.title, state: 'active' }
      const begun = await engagements.begin(id, row)
      if (!begun.ok) return begun
      if (begun.value.role === 'server') await begun.value.service.accept(offers)
      return ok({ id })
    },
    async decline({ reference, terms }) {
      if (apps().has(terms.app))
        return fail('server.job', `This node works for «${terms.title}» already. Leave the job, if it is not to serve any more.`)
      await market.decline(reference.sha256)
      return ok(null)
    },
    async leave(app, now) {
      const one = engagements.find('server', app)
      if (!one.ok) return one
      const { running, id } = one.value
      if (now || running?.role !== 'server') return engagements.leave(id)
      await running.service.leave()
      return running.service.phase() === 'left' ? engagements.leave(id) : ok(null)
    },
    async endWhatIsOver() {
      for (const one of all()) await endOne(one)
    },
  }
}
