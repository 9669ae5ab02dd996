/** C1 when the Supervisor itself publishes rubbish: the reveal that should show who poisoned a write cannot be read. */
import { describe, expect, it } from 'vitest'
import { investigate } from '../../main/core/client/complaints.ts'
import { createPersistence, type Services } from '../../main/core/services.ts'
import { utf8 } from '../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { ok } from '../../roles/protocol/result.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

const reference = { sha256: 'aa'.repeat(32), infohash: 'bb'.repeat(20) }
const BROKEN: Array<[string, Uint8Array]> = [
  ['no JSON', utf8('{"app":')],
  ['no text', Uint8Array.of(0xff, 0xfe)],
  ['nested deep', utf8('['.repeat(100_000))],
  ['of another shape', canonicalBytes({ app: 'x' })],
  ['not canonical', utf8('{ "app": 1 }')],
]

describe('A reveal that cannot be read', () => {
  it.each(BROKEN)('[C1] because it is %s ends the search with one sentence', async (_what, bytes) => {
    const [log, clock, storage] = [createMemoryLog(), createVirtualClock(), createMemoryStorage()]
    const tick = {
      body: {
        number: 3,
        reveal: { tick: 1, file: { name: 'reveal.1', size: bytes.length, sha256: 'cc'.repeat(32) } },
        plans: [],
        previous: null,
      },
    }
    const documents = { fetch: async () => ok(tick), fetchFile: async () => ok(bytes) }
    const services = { crypto, log, storage, documents, ...createPersistence({ clock, log, stopped: () => false }) } as unknown as Services
    await investigate(services, 'dd'.repeat(32), {
      type: 'complaint',
      id: 'one',
      tick: reference,
      stamped: 1,
      update: reference,
      document: '{}',
    })
    expect(log.lines.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^A write was rejected for its stamp, and why cannot be found: ./),
    ])
    expect(storage.list('complaint')).toEqual([])
  })
})
