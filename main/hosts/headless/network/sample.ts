/** The apps that the local network can run: the sample apps, as their compiler wrote them. */
import guestbook from '../../../../resources/apps/guestbook.json' with { type: 'json' }
import marketplace from '../../../../resources/apps/marketplace.json' with { type: 'json' }
import poll from '../../../../resources/apps/poll.json' with { type: 'json' }
import { fail, ok, type Result } from '../../../core/index.ts'
import type { NetworkPlan } from './plan.ts'

const PLAN = { servers: 6, clients: ['alice', 'bob'], tickBlocks: 4 }

export const sampleNetwork = { ...PLAN, program: guestbook, title: 'Guestbook' } satisfies NetworkPlan

const SAMPLES: Readonly<Record<string, NetworkPlan>> = {
  guestbook: sampleNetwork,
  marketplace: { ...PLAN, program: marketplace, title: 'Marketplace' },
  poll: { ...PLAN, program: poll, title: 'Poll' },
}

export interface ChosenApp {
  plan: NetworkPlan
  /** Name of the folder where the network with this app lives; each app has one of its own. */
  folder: string
}

/** A sample app by its name. Error: `settings.app`. */
export function sampleNamed(name: string): Result<ChosenApp> {
  if (!Object.hasOwn(SAMPLES, name))
    return fail(
      'settings.app',
      `There is no sample app ${name}; there are ${Object.keys(SAMPLES).join(', ')}. An app of your own is named by its document, as in ./app.json.`,
    )
  return ok({ plan: SAMPLES[name]!, folder: name === 'guestbook' ? 'sandbox' : `sandbox-${name}` })
}
