/** Beginning to use an app. */
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import type { EngagementRow, Engagements } from '../engagements/index.ts'
import type { Market } from '../market.ts'
import type { Services } from '../services.ts'
import type { Known } from './apps.ts'
import { checkUsable } from './usable.ts'

/**
 * @param register false: the app is only read and audited, which costs nothing
 * Errors: `offer.missing` (retryable), `offer.program`, those of the role's start.
 */
export async function useApp(
  services: Services,
  engagements: Engagements,
  market: Market,
  offer: Known,
  register: boolean,
): Promise<Result<{ id: string }>> {
  const { app, master } = offer.terms
  const first = market.ofApp(app).find(({ reference }) => reference.sha256 === app)
  if (first === undefined) return failForNow('offer.missing', 'The first offer of this app is not here yet. Try again in a moment.')
  const usable = await checkUsable(services, first)
  if (!usable.ok) return usable
  const id = services.wallet.watchKey({ purpose: 'client', app: master, index: 0 }, 'identity').publicKey
  const { reference, height, terms } = first
  const row: EngagementRow = {
    role: 'client',
    app,
    reference,
    height,
    master,
    by: terms.by,
    register,
    title: terms.title,
    state: 'active',
  }
  const begun = await engagements.begin(id, row)
  return begun.ok ? ok({ id }) : begun
}
