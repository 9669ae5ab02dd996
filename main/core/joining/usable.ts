/** Whether an app's program can be run: asked before anything of it is begun, and before anything is paid for it. */
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { fetchOfferWithOutline } from '../client/app.ts'
import type { Services } from '../services.ts'
import type { Known } from './apps.ts'

/**
 * What is broken is refused; what is only not here yet may come.
 * Error: `offer.program`.
 */
export async function checkUsable(services: Services, { reference, terms }: Pick<Known, 'reference' | 'terms'>): Promise<Result<null>> {
  const opened = await fetchOfferWithOutline(services, reference, 'known')
  if (opened.ok || opened.error.retryable) return ok(null)
  return fail(
    'offer.program',
    `The program of «${terms.title}» cannot be used: ${opened.error.message} Nothing was begun or paid; ask its Supervisor, or choose another app.`,
  )
}
