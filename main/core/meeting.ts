/** Where those who take part in an app meet: the trackers that its offer names, beside a node's own. */
import type { Offer } from '../../roles/protocol/documents/index.ts'
import type { Services } from './services.ts'

/**
 * To be told of the offer whose terms hold now. Again is harmless, and an earlier offer's trackers are let go.
 * @param sha256 the offer's own digest, which names the app where it is the first
 */
export function meetAt({ swarm, log }: Pick<Services, 'swarm' | 'log'>, sha256: string, { app, title, trackers }: Offer): void {
  const told = swarm.trackersOf(app ?? sha256, trackers)
  if (!told.ok) log.log('info', `A tracker of «${title}» is not used: ${told.error.message}`)
}
