/** [R2] Queries with a range over the loop: what the client proves of them, and what no client can make a server believe. */
import { describe, expect, it } from 'vitest'
import { composeRequest, composeUpdate } from '../../../roles/client/request.ts'
import type { ClientEnv, Composed } from '../../../roles/client/types.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import { type Entry, type Page, type ProvedRange, type ReadOptions, rangeOf } from '../../../roles/protocol/index/index.ts'
import { must, ok, type Result } from '../../../roles/protocol/result.ts'
import { checkUpdate } from '../../../roles/protocol/stamps/index.ts'
import { compiledDiary } from '../program/diary.story.ts'
import { heldAgainst, crypto, exchange, makeWorld, serve, type World } from '../request/world.ts'

const OTHER = 'dd'.repeat(32)
const entry = (topic: string, day: number) => ({
  collection: 'entries',
  fields: { topic, day: String(day), text: `${topic} ${day}`, author: OTHER },
})
const days = (topic: string, from: number, to: number) => Array.from({ length: to - from }, (_, i) => entry(topic, from + i))

const diaryWorld = (seed: string, endpoint = 'write'): Promise<World> => {
  const rows = [...days('talks', 0, 5), ...days('walks', -3, 200), ...days('yoga', 0, 5)]
  return makeWorld({ seed, app: { program: compiledDiary(), keys: ['entries', 'entries', 'entries', 'entries'], endpoint, rows } })
}

const asked = (since: number, day: number, topic = 'walks') => ({ topic, since: String(since), day: String(day), text: 'A new one' })
const composed = async (world: World, endpoint: string, args: Record<string, Json>, env = world.clientEnv()): Promise<Composed> =>
  must(await composeRequest(world.ctx, env, endpoint, args))
const answered = async (world: World, endpoint: string, args: Record<string, Json>, legs: Composed[] = []) =>
  must(await exchange(world, await composed(world, endpoint, args), undefined, legs))
const before = async (world: World, since: number, day: number, topic?: string): Promise<Json> =>
  ((await answered(world, 'write', asked(since, day, topic))).opened.response as { before: string }).before
const cause = (result: Result<unknown>): unknown => (result.ok ? 'accepted' : (result.error.details?.['cause'] ?? result.error.code))

describe('[R2] a request with a range', () => {
  it('[R2] shows its servers the rows from the lower bound on, up to and without the upper one, from the asked end up to the limit', async () => {
    const world = await diaryWorld('ranges')
    expect(await before(world, 100, 102)).toBe('walks 101|walks 100')
    expect(await before(world, 7, 8)).toBe('walks 7')
    expect(await before(world, 0, 150)).toBe('walks 149|walks 148|walks 147')
    expect(await before(world, -9, -2)).toBe('walks -3')
    expect(await before(world, 199, 1000)).toBe('walks 199')
    expect(await before(world, 200, 1000)).toBe('')
    expect(await before(world, 2, 3, 'talks')).toBe('talks 2')
    expect(await before(world, 0, 9, 'nothing')).toBe('')
  })

  it('finds nothing where the range ends before it begins or where it begins, and proves that', async () => {
    const world = await diaryWorld('empty')
    expect([await before(world, 50, 50), await before(world, 100, 3), await before(world, 1000, -1000)]).toEqual(['', '', ''])
  })

  it('reads no more pages than the answer needs', async () => {
    const { reader, outline } = await diaryWorld('few-pages')
    const read = async (options: ReadOptions) => must(await reader.range('entries', 'byDay', ['walks'], options))
    const [all, some] = [await read({}), await read({ bounds: { from: '0', to: '150' }, limit: 3, descending: true })]
    expect(some.rows.map(({ fields }) => Object.fromEntries(fields)['day'])).toEqual(['149', '148', '147'])
    expect(some.options).toEqual({ limit: 3, descending: true })
    expect(some.range).toEqual(must(rangeOf(outline, 'entries', 'byDay', ['walks'], { from: '0', to: '150' })))
    expect(some.proof.pages.length).toBeLessThan(3)
    expect(all.proof.pages.length).toBeGreaterThan(4)
    expect((await read({ bounds: { from: '150', to: '0' } })).proof.pages).toHaveLength(1)
  })

  it('is there for readers of rows, too', async () => {
    const { reader } = await diaryWorld('reader')
    const read = must(await reader.rows('entries', 'byDay', ['walks'], { bounds: { from: '1', to: '3' } }))
    expect(read.value.map((row) => row['day'])).toEqual(['1', '2'])
  })

  it('becomes an update that the Supervisor accepts', async () => {
    const world = await diaryWorld('update')
    const reviewed = await answered(world, 'write', asked(7, 8))
    expect(reviewed).toMatchObject({
      opened: { response: { written: true, before: 'walks 7' } },
      writes: [{ fields: { day: '8', text: 'A new one' }, flags: [] }],
    })
    const update = must(
      composeUpdate(world.ctx, world.client, (key) => world.dataKeys.find((own) => own.publicKey === key) ?? null, reviewed),
    ).document.body
    const env = heldAgainst(world, 'entries', update.writes)
    expect(checkUpdate({ crypto }, env, update)).toMatchObject({ ok: true })
  })

  it('asks with literals, which its servers know from the program', async () => {
    const world = await diaryWorld('literals', 'walks')
    expect((await answered(world, 'walks', { until: '2' })).opened.response).toEqual({ count: '5' })
    expect((await answered(world, 'walks', { until: '-3' })).opened.response).toEqual({ count: '0' })
  })

  it('[L8] asks with a computed bound after a pause', async () => {
    const legs: Composed[] = []
    const { opened } = await answered(await diaryWorld('week', 'week'), 'week', { topic: 'walks', day: '3' }, legs)
    expect([legs.length, opened.response]).toEqual([2, { count: '6' }])
  })
})

// ───────────────────────────── lies ─────────────────────────────

/** Reads the same topic with other options. */
type Ask = (options: ReadOptions) => Promise<ProvedRange>

/** A client that shows servers another reading of the entries than the one it was asked for. */
const lying = (env: ClientEnv, lie: (read: ProvedRange, ask: Ask) => Promise<ProvedRange> | ProvedRange): ClientEnv => ({
  ...env,
  reader: {
    ...env.reader,
    async range(name, index, equals, options) {
      const read = await env.reader.range(name, index, equals, options)
      if (!read.ok || name !== 'entries') return read
      return ok(await lie(read.value, async (other) => must(await env.reader.range(name, index, equals, other))))
    },
  },
})

const dayOf = ({ fields }: Entry): number => Number(Object.fromEntries(fields)['day'])
const topicOf = ({ fields }: Entry): Json => Object.fromEntries(fields)['topic']!

/** The same pages with other entries. */
const changed = (read: ProvedRange, change: (entries: Entry[]) => Entry[]): ProvedRange => ({
  ...read,
  proof: { ...read.proof, pages: read.proof.pages.map((page): Page => ({ ...page, entries: change(page.entries) })) },
})
const without =
  (day: number) =>
  (read: ProvedRange): ProvedRange =>
    changed(read, (entries) => entries.filter((one) => topicOf(one) !== 'walks' || dayOf(one) !== day))
/** The true pages, of which all rows of another range are said to be the answer. */
const claimed =
  (world: World, from: number, to: number) =>
  (read: ProvedRange): ProvedRange => ({
    ...read,
    options: {},
    range: must(rangeOf(world.outline, 'entries', 'byDay', ['walks'], { from: String(from), to: String(to) })),
  })

describe('[R8] a server takes no other answer than the whole one to the range that it opened: refused when', () => {
  const verdict = async (
    seed: string,
    [since, day]: [number, number],
    lie: (world: World) => Parameters<typeof lying>[1],
  ): Promise<unknown> => {
    const world = await diaryWorld(seed)
    return cause(serve(world, await composed(world, 'write', asked(since, day), lying(world.clientEnv(), lie(world)))))
  }

  it('nothing is changed it is accepted', async () => {
    expect(await verdict('true', [100, 102], () => (read) => read)).toBe('accepted')
    expect(await verdict('true-wide', [0, 150], () => (read) => read)).toBe('accepted')
  })

  it('it is another range than that of the literals in the program', async () => {
    const counts = async (from: string): Promise<unknown> => {
      const world = await diaryWorld('other-literal', 'walks')
      const other = (_: ProvedRange, ask: Ask) => ask({ bounds: { from, to: '2' }, limit: 10 })
      const request = await composed(world, 'walks', { until: '2' }, lying(world.clientEnv(), other))
      return cause(await exchange(world, request))
    }
    expect(await counts('-3')).toBe('accepted')
    expect(await counts('0')).not.toBe('accepted')
  })

  it('a row is hidden at the lower border, or at the upper one', async () => {
    for (const day of [100, 101]) expect(await verdict(`hidden-${day}`, [100, 102], () => without(day))).toBe('index.proof')
    expect(await verdict('shrunk-below', [100, 102], (world) => claimed(world, 101, 102))).toBe('index.field')
    expect(await verdict('shrunk-above', [100, 102], (world) => claimed(world, 100, 101))).toBe('index.field')
  })

  it('[R8] one of two pages is withheld, be it the first or the last', async () => {
    const { reader } = await diaryWorld('fences')
    const { proof } = must(await reader.range('entries', 'byDay', ['walks']))
    const fence = dayOf(proof.pages.slice(1).find(({ entries }) => entries.length > 2)!.entries[0]!)
    // The page of `fence` begins with that day, the one before ends with the day before.
    const both = [fence - 1, fence + 1] as [number, number]
    const only = (from: number, to: number) => () => async (read: ProvedRange, ask: Ask) => ({
      ...(await ask({ bounds: { from: String(from), to: String(to) } })),
      range: read.range,
    })
    expect(await verdict('fences', both, () => (read) => read)).toBe('accepted')
    expect(await verdict('fences', both, only(fence - 1, fence))).toBe('index.proof')
    expect(await verdict('fences', both, only(fence + 1, fence + 2))).toBe('index.proof')
  })

  it('a row from outside of the range is shown as one inside', async () => {
    const moved =
      (outside: number, inside: number) =>
      (read: ProvedRange): ProvedRange => {
        const isOf =
          (day: number) =>
          (one: Entry): boolean =>
            topicOf(one) === 'walks' && dayOf(one) === day
        const { fields } = read.proof.pages.flatMap((page) => page.entries).find(isOf(outside))!
        return changed(read, (entries) => entries.map((one) => (isOf(inside)(one) ? { ...one, fields } : one)))
      }
    for (const outside of [99, 102]) expect(await verdict(`moved-${outside}`, [100, 102], () => moved(outside, 101))).toBe('index.proof')
    const world = await diaryWorld('shown-too')
    const wide = await composed(world, 'write', asked(100, 102), lying(world.clientEnv(), claimed(world, 98, 104)))
    expect(cause(await exchange(world, wide))).toBe('index.field')
  })

  it('the proof is for another range, another topic, or the other end', async () => {
    const proof = /^index\.(proof|field)$/
    expect(await verdict('elsewhere', [100, 102], () => (_, ask) => ask({ bounds: { from: '10', to: '12' } }))).toMatch(proof)
    expect(await verdict('open-end', [0, 150], () => (_, ask) => ask({ bounds: { from: '0' }, limit: 3, descending: true }))).toBe(
      'index.proof',
    )
    expect(await verdict('other-end', [0, 150], () => (_, ask) => ask({ bounds: { from: '0', to: '150' }, limit: 3 }))).toBe('index.proof')
    expect(
      await verdict('fewer', [0, 150], () => (_, ask) => ask({ bounds: { from: '0', to: '150' }, limit: 1, descending: true })),
    ).toMatch(/^index\.field$/)
    expect(await verdict('no-bounds', [100, 102], () => (_, ask) => ask({ limit: 3, descending: true }))).toBe('index.proof')
  })

  it('an empty range is claimed where there are rows, and rows where it is empty', async () => {
    expect(await verdict('claimed-empty', [100, 102], () => (_, ask) => ask({ bounds: { from: '102', to: '100' } }))).toMatch(
      /^index\.(proof|field)$/,
    )
    const world = await diaryWorld('claimed-full')
    const full = await composed(
      world,
      'write',
      asked(102, 100),
      lying(world.clientEnv(), (_, ask) => ask({ bounds: { from: '100', to: '103' } })),
    )
    const shown = await exchange(world, full)
    expect(cause(shown)).toBe('index.field')
  })
})
