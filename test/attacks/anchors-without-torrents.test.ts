/** Attack 4: a block full of anchors that name torrents which nobody has. Real WebTorrent on both sides, and a tracker. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebTorrentSwarm } from '../../main/adapters/torrent/swarm.ts'
import { startTracker, type Tracker } from '../../main/adapters/torrent/tracker.ts'
import { createSystemClock } from '../../main/adapters/system/clock.ts'
import { createDocuments, type Documents } from '../../main/core/documents/index.ts'
import { createGathering, type Gathered, type Gathering } from '../../main/core/supervisor/gathering.ts'
import type { FetchLane } from '../../main/core/ports.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { loopbackSwarm } from '../tools/swarm.ts'
import { must } from '../../roles/protocol/result.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-censor-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** Of a fetch that something ends before: no measure of speed. */
const LONG_MS = 600_000
const FILE = { name: 'document.json', bytes: new TextEncoder().encode('{"type":"update"}') }
const fake = (number: number, length = 40): string => number.toString(16).padStart(length, '0')

describe('anchors without torrents', () => {
  let tracker: Tracker
  let author: WebTorrentSwarm
  let supervisor: WebTorrentSwarm
  const open = (name: string) => loopbackSwarm(mkdtempSync(join(root, name)), { trackers: [tracker.announceUrl] })
  beforeEach(async () => {
    tracker = await startTracker({ host: '127.0.0.1', port: 0 })
    author = await open('author-')
    supervisor = await open('supervisor-')
  })
  afterEach(async () => {
    await Promise.all([author.close(), supervisor.close()])
    await tracker.close()
  })
  const fetch = (infohash: string, timeoutMs: number, lane?: FetchLane, signal?: AbortSignal) =>
    supervisor.fetch(infohash, {
      files: [FILE.name],
      maxBytes: 100,
      timeoutMs,
      ...(lane === undefined ? {} : { lane }),
      ...(signal === undefined ? {} : { signal }),
    })

  it('may fill the gate: an honest document waits behind 64 of them without its time running, and arrives', async () => {
    const { infohash } = must(await author.seed('update', [FILE]))
    const fakes = Array.from({ length: 64 }, (_, i) => fetch(fake(i), 1_500))
    // Twice as long in line as it may take.
    expect(await fetch(infohash, 1_500)).toEqual({ ok: true, value: [FILE] })
    expect(await Promise.all(fakes)).toMatchObject(fakes.map(() => ({ ok: false, error: { code: 'swarm.timeout' } })))
  })

  it('hold up nobody of another lane, and no more than their part of the gate is ever open', async () => {
    const { infohash } = must(await author.seed('update', [FILE]))
    const cancel = new AbortController()
    const fakes = (['new', 'known'] as const).flatMap((lane) =>
      Array.from({ length: 300 }, (_, i) => fetch(fake(i), LONG_MS, lane, cancel.signal)),
    )
    expect((await fetch(infohash, LONG_MS)).ok).toBe(true)
    // 16 of known and 8 of new identities, and what was fetched.
    expect(supervisor.status().open).toBeLessThanOrEqual(25)
    cancel.abort()
    await Promise.all(fakes)
  })

  describe('in a block with the documents of others', () => {
    let documents: Documents
    let gathering: Gathering
    const told: string[] = []
    beforeEach(() => {
      const parts = { crypto, storage: createMemoryStorage(), swarm: supervisor, wallet: null as never, fetchTimeoutMs: 2_000 }
      documents = createDocuments(parts)
      gathering = createGathering({ documents, clock: createSystemClock() }, (event) => told.push(event.type))
    })
    afterEach(() => gathering.stop())

    const signer = keyPair(seeded('censor'))
    const note = (text: string) => signDocument(crypto, 'grant', { key: signer.publicKey, note: text }, signer, new Uint8Array(32))
    /** A document, and what its author does to have it fetched. */
    async function honest(who: string, lane: Gathered['lane'], seeds = true) {
      const document = note(who)
      const file = { name: 'document.json', bytes: document.bytes }
      const name = `golem-grant-${document.sha256.slice(0, 16)}`
      const { infohash } = must(await author.seed(name, [file]))
      if (!seeds) must(await author.drop(infohash))
      const wanted: Gathered = { reference: { sha256: document.sha256, infohash }, type: 'grant', lane, who }
      return {
        wanted,
        seed: async () => void must(await author.seed(name, [file])),
        isHere: () => documents.held(wanted.reference, 'grant') !== null,
      }
    }
    const fakes = (count: number, lane: Gathered['lane'], who: (i: number) => string): Gathered[] =>
      Array.from({ length: count }, (_, i) => ({ reference: { sha256: fake(i, 64), infohash: fake(i) }, type: 'grant', lane, who: who(i) }))

    it('of strangers cost a client who is registered nothing', async () => {
      const mine = await honest('client', 'known')
      gathering.want([...fakes(4_000, 'new', (i) => `stranger ${i}`), mine.wanted])
      await gathering.hurry([mine.wanted.reference], LONG_MS)
      expect(mine.isHere()).toBe(true)
      expect(supervisor.status().open).toBeLessThanOrEqual(25)
    })

    it('of one registered client cost the others nothing', async () => {
      const mine = await honest('client', 'known')
      gathering.want([...fakes(4_000, 'known', () => 'enemy'), mine.wanted])
      await gathering.hurry([mine.wanted.reference], LONG_MS)
      expect(mine.isHere()).toBe(true)
      // Four at a time are the enemy's.
      expect(supervisor.status().open).toBeLessThanOrEqual(5)
    })

    it('cost a newcomer behind 120 of them one short turn of each, though they are asked for again', async () => {
      const mine = await honest('newcomer', 'new')
      gathering.want([...fakes(120, 'new', (i) => `stranger ${i}`), mine.wanted])
      await gathering.hurry([mine.wanted.reference], LONG_MS)
      expect(mine.isHere()).toBe(true)
    })

    it('do not keep a document out whose author seeds it late: it is asked for until its tick is closed', async () => {
      const late = await honest('late', 'known', false)
      gathering.want([...fakes(40, 'known', () => 'enemy'), late.wanted])
      await gathering.hurry([late.wanted.reference], 3_000)
      expect(late.isHere()).toBe(false)
      await late.seed()
      await gathering.hurry([late.wanted.reference], LONG_MS)
      expect(late.isHere()).toBe(true)
    })

    it('are given up when nobody wants them any more', async () => {
      gathering.want(fakes(50, 'new', () => 'stranger'))
      gathering.want([])
      await gathering.hurry(
        fakes(50, 'new', () => 'stranger').map(({ reference }) => reference),
        LONG_MS,
      )
      expect(told).toEqual([])
    })
  })
})
