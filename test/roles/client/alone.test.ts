/** [R1][R2] Endpoints without observation points: no server takes part, and nothing is written. */
import { describe, expect, it } from 'vitest'
import { answerAlone, composeRequest } from '../../../roles/client/request.ts'
import type { ClientEnv } from '../../../roles/client/types.ts'
import { costOf, describe as describeProgram } from '../../../roles/program/index.ts'
import type { Json } from '../../../roles/protocol/canonical.ts'
import { must, ok, type Result } from '../../../roles/protocol/result.ts'
import { compiledShelf } from '../program/shelf.story.ts'
import { compose, exchange, makeWorld, type World } from '../request/world.ts'

const OTHER = 'dd'.repeat(32)
const NO_KEY = ''
const book = (title: string, stars: number) => ({ collection: 'books', fields: { title, stars: String(stars) }, owner: OTHER })
const shelfWorld = (seed: string, books: Array<ReturnType<typeof book>> = [], endpoint = 'add'): Promise<World> =>
  makeWorld({ seed, app: { program: compiledShelf(), keys: ['books', 'books', 'books', 'books'], endpoint, rows: books } })
const ask = (world: World, name: string, args: Record<string, Json> = {}, env: Partial<ClientEnv> = {}): Promise<Result<Json>> =>
  answerAlone({ ...world.clientEnv(), ...env }, name, args)
const code = (result: Result<unknown>): string => (result.ok ? 'answered' : result.error.code)

describe('An endpoint without observation points', () => {
  it('is answered by its caller from the proved index: rows, counts, sums, arguments and constants', async () => {
    const world = await shelfWorld('alone', [book('Dune', 2), book('Dune', 5), book('Emma', 4)])
    const answer = must(await ask(world, 'look', { title: 'Dune', book: NO_KEY }))
    expect(answer).toEqual({
      title: 'Dune',
      caller: world.client.publicKey,
      greeting: 'Hello',
      one: null,
      titles: ['Dune', 'Dune'],
      stars: ['5', '2'],
      owners: [OTHER, OTHER],
      howMany: '2',
      allStars: '7',
    })
  })

  it('may be made of constants alone, of a reserved key, or of nothing', async () => {
    const world = await shelfWorld('alone-constants')
    expect(must(await ask(world, 'about'))).toEqual({ version: '3', tags: ['a', 'b'] })
    expect(must(await ask(world, 'spare'))).toEqual({ key: world.dataKeys[0]!.publicKey })
    expect(must(await ask(world, 'nothing', { title: 'x' }))).toEqual({})
  })

  it('refuses what any request refuses, and names the field', async () => {
    const world = await shelfWorld('alone-refused')
    expect(code(await ask(world, 'look', { title: 'Dune' }))).toBe('client.argument')
    expect(code(await ask(world, 'about', { more: '1' }))).toBe('client.argument')
    expect(code(await ask(world, 'spare', {}, { keys: [] }))).toBe('client.no-key')
    expect(code(await ask(world, 'add', { title: 'x', stars: '1' }))).toBe('client.endpoint')
    expect(code(await ask(world, 'toString'))).toBe('client.endpoint')
  })

  it('needs no registration, and is never composed as a request, which no server would take', async () => {
    const world = await shelfWorld('alone-stranger')
    const stranger = { publicKey: 'ee'.repeat(32), privateKey: new Uint8Array(32).fill(1) }
    expect(must(await ask(world, 'look', { title: 'x', book: NO_KEY }, { client: stranger, keys: [] }))).toMatchObject({
      caller: 'ee'.repeat(32),
    })
    await expect(composeRequest(world.ctx, world.clientEnv(), 'about', {})).rejects.toThrow('answered alone')
  })

  it('stands beside endpoints whose writes go through servers', async () => {
    const world = await shelfWorld('alone-beside')
    const done = must(await exchange(world, await compose(world, 'add', { title: 'Dune', stars: '4' })))
    expect(done.opened.response).toEqual({ added: true })
    expect(done.writes).toMatchObject([{ fields: { title: 'Dune', stars: '4' }, flags: [] }])
  })

  it('is not one that opens nothing and writes: constants need a stamp, so a server writes them', async () => {
    const world = await shelfWorld('alone-mark', [], 'mark')
    const done = must(await exchange(world, await compose(world, 'mark', {})))
    expect([done.opened.response, done.opened.lanes[0]!.length]).toEqual([{}, 1])
    expect(done.writes).toMatchObject([{ fields: { title: 'Marked', stars: '1' }, flags: [] }])
  })

  it('tells a sum that is no integer before any server is asked, and blames none', async () => {
    const world = await shelfWorld('alone-overflow')
    const { reader } = world.clientEnv()
    const most = (sum: string): ClientEnv['reader'] => ({
      ...reader,
      async range(collection, index, equals, options) {
        const read = must(await reader.range(collection, index, equals, options))
        return ok(index === 'allStars' ? { ...read, rows: [{ sortKey: new Uint8Array(), fields: [['$sum', sum]] }] } : read)
      },
    })
    const args = { title: 'Dune', book: NO_KEY }
    expect(must(await ask(world, 'look', args, { reader: most('9007199254740991') }))).toMatchObject({ allStars: '9007199254740991' })
    for (const sum of ['9007199254740992', '9007199254740996', '-9007199254740992']) {
      const told = await ask(world, 'look', args, { reader: most(sum) })
      expect([told.ok, told.ok || told.error]).toMatchObject([
        false,
        { code: 'program.overflow', details: { query: 'books_allStars', sum } },
      ])
      const composed = await composeRequest(world.ctx, { ...world.clientEnv(), reader: most(sum) }, 'judge', { title: 'Dune' })
      expect([composed.ok, composed.ok || [composed.error.code, composed.error.retryable]]).toEqual([false, ['program.overflow', false]])
    }
  })

  it('costs no server, in the schema and in the price', () => {
    const program = compiledShelf()
    expect(describeProgram(program).endpoints['look']).toMatchObject({ servers: 0, rounds: 0 })
    expect(describeProgram(program).endpoints['add']).toMatchObject({ servers: 2, rounds: 1 })
    expect(must(costOf(program, 'look')).totals).toMatchObject({ blocks: 0, queries: 4, rows: 11 })
  })
})
