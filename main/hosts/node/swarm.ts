/** How a node finds others in the swarm, as its settings have it. */
import type { ParticipantConfig, SettingsTable } from '../../core/index.ts'
import type { Network } from './chain.ts'

/** On a chain of one's own the hash table has no way in but those that are named: nobody else knows anything of it. */
export function swarmOf(settings: Pick<SettingsTable, 'get'>, network: Network): ParticipantConfig['swarm'] {
  const bootstrap = settings.get('swarm.bootstrap')
  const dht = settings.get('swarm.dht')
  const port = settings.get('swarm.port')
  return {
    trackers: settings.get('swarm.trackers'),
    dht: dht && (bootstrap.length > 0 || network === 'regtest') ? { bootstrap } : dht,
    lsd: settings.get('swarm.lsd'),
    ...(port === 0 ? {} : { port }),
  }
}
