/**
 * For 330 sats and a fee anybody anchors a statement that some server is ready, whose torrent nobody has. An audit that waits for each in turn never ends: a thousand of
 * them cost it 17 hours, every time.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { gatherStatements } from '../../main/core/client/statements.ts'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { failForNow, ok } from '../../roles/protocol/result.ts'
import { anchorOf, makeCast, makeReady } from '../roles/supervisor/actors.ts'

const FETCH_MS = 20_000

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('an audit asks for all of them for two minutes, has those that are there, and goes on', async () => {
  const cast = makeCast('nobody has it', 1)
  const app = 'aa'.repeat(32)
  const [server] = cast.servers
  const pays = { pays: [cast.master.publicKey] }
  const right = makeReady(cast, server!, app, 1, 900)
  const real = anchorOf(right, 500, pays)
  const fakes = Array.from({ length: 1_000 }, (_, i): AnchoredTransaction => {
    const copied = anchorOf(right, 501 + i, pays)
    return { ...copied, anchor: { ...copied.anchor, sha256: i.toString(16).padStart(64, '0') } }
  })
  const unpaid = { ...anchorOf(right, 2_000, {}), anchor: { ...real.anchor, sha256: 'ee'.repeat(32) } }
  const here = new Map<string, OpenedDocument>()
  const asked: string[] = []
  const documents = {
    held: ({ sha256 }: { sha256: string }) => here.get(sha256) ?? null,
    fetch: async ({ sha256 }: { sha256: string }, _type: string, how: { patience?: number } = {}) => {
      asked.push(sha256)
      if (sha256 === right.sha256) {
        here.set(sha256, right)
        return ok(right as OpenedDocument)
      }
      await new Promise((end) => setTimeout(end, FETCH_MS * (how.patience ?? 1)))
      return failForNow('swarm.timeout', 'nobody has it')
    },
  }
  const clock = {
    now: () => Date.now(),
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
  }
  // A hundred and fifty fakes are newer than the statement that somebody has.
  const anchored = [...fakes.slice(150), real, ...fakes.slice(0, 150), unpaid]
  const gathered = gatherStatements({ documents, clock }, cast.master.publicKey, anchored)
  await vi.advanceTimersByTimeAsync(125_000)
  const said = await gathered
  expect(said(real)).toBe(right)
  expect(said(fakes[0]!)).toBeNull()
  expect(asked).not.toContain('ee'.repeat(32))
  const before = asked.length
  expect(before).toBeGreaterThan(200)
  await vi.advanceTimersByTimeAsync(60_000)
  // Nothing more is asked for once the time is over.
  expect(asked).toHaveLength(before)
})

it('ends at once where all are here', async () => {
  const cast = makeCast('all are here', 1)
  const right = makeReady(cast, cast.servers[0]!, 'aa'.repeat(32), 1, 900)
  const real = anchorOf(right, 5, { pays: [cast.master.publicKey] })
  const documents = { held: () => right as OpenedDocument, fetch: () => Promise.reject(new Error('asked')) }
  const clock = { now: () => 0, after: () => () => undefined }
  const said = await gatherStatements({ documents, clock }, cast.master.publicKey, [real])
  expect(said(real)).toBe(right)
})
