/** Which hash table a node enters. */
import { expect, it } from 'vitest'
import { createSettings, ok } from '../../../main/core/index.ts'
import { swarmOf } from '../../../main/hosts/node/swarm.ts'

const settings = (values: Record<string, unknown>) =>
  createSettings({ read: () => ok(values), write: () => ok(null) }, { log: () => undefined })
const named = ['203.0.113.7:7001']

it.each([
  ['signet', {}, true],
  ['signet', { 'swarm.bootstrap': named }, { bootstrap: named }],
  ['signet', { 'swarm.dht': false, 'swarm.bootstrap': named }, false],
  // A chain of one's own: nobody in the public table knows anything of it.
  ['regtest', {}, { bootstrap: [] }],
  ['regtest', { 'swarm.bootstrap': named }, { bootstrap: named }],
  ['regtest', { 'swarm.dht': false }, false],
] as const)('on %s with %o: %o', (network, values, dht) => {
  expect(swarmOf(settings(values), network).dht).toEqual(dht)
})

it.each([
  ['swarm.trackers', ['wss://tracker.example']],
  ['swarm.trackers', Array.from({ length: 11 }, (_, at) => `udp://tracker${at}.example:80`)],
  ['swarm.bootstrap', ['203.0.113.7']],
  ['swarm.bootstrap', ['[::1]:7001']],
])('%s %o is refused where it is set, and names what it has to be', (name, value) => {
  expect(settings({}).set(name, value)).toMatchObject({
    ok: false,
    error: { code: 'settings.value', message: expect.stringContaining(name) },
  })
  expect(settings({ [name]: value }).get(name as 'swarm.trackers')).toEqual([])
})
