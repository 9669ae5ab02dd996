/** The poll over the whole loop. What no single server can see, two votes at once, is decided by the versions of a card. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ClientState } from '../../../roles/client/state.ts'
import { peopleOf, type People } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

const cheats = vi.hoisted(() => new Set<string>())

/** A cheat's own build of the client: an honest one keeps a card for the vote that is under way. */
vi.mock('../../../roles/client/state.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/client/state.ts')>()
  const freeKeys = (state: ClientState) =>
    honest.freeKeys(
      cheats.has(state.client) ? { ...state, keys: state.keys.map((own) => (own.written ? { ...own, request: null } : own)) } : state,
    )
  return { ...honest, freeKeys }
})

let world: World
let people: People
let poll: string
beforeAll(async () => {
  world = await startWorld('poll', 4, ['ann', 'bob', 'cleo'], { app: 'poll', freshKeys: 4 })
  people = peopleOf(world)
  ;({ polls: poll } = (await people.done('ann', 'create', { question: 'Where do we eat?', options: ['Soup', 'Noodles'] })) as {
    polls: string
  })
})
afterAll(() => world?.close())

const vote = (name: string, choice: string, more: object = {}) => people.ask(name, 'vote', { poll, choice, ...more })
const refusal = (reason: string) => ({ state: 'nothing to write', response: { accepted: false, reason } })
const tally = (choice: string) => people.count('cleo', ['votes', 'tally'], [poll, choice])

describe('A poll', () => {
  it('[T3] counts one of two votes that a cheat sends at once, and anybody reads the tally', async () => {
    await people.done('bob', 'enrol', {})
    expect((await vote('bob', 'Soup')).state).toBe('review')
    expect(await vote('bob', 'Noodles')).toMatchObject({ state: 'failed', error: { code: 'client.busy-key' } })
    cheats.add((await world.call('bob', 'overview', {})).actors[0]!.key)
    const both = [await vote('bob', 'Soup'), await vote('bob', 'Noodles')]
    expect(both).toMatchObject([{ state: 'review' }, { state: 'review' }])
    const [first, second] = await people.publishTogether('bob', both)
    expect([first, second]).toMatchObject([{ state: 'counted' }, { state: 'rejected', error: { code: 'update.replaced' } }])
    await world.block()
    expect([await tally('Soup'), await tally('Noodles')]).toEqual([1, 0])
    expect(await vote('bob', 'Noodles')).toMatchObject(refusal('You have voted in this poll.'))
  })

  it('gives who enrolled twice at once no second vote, and after one card is surrendered the first', async () => {
    const cards = [await people.ask('cleo', 'enrol', {}), await people.ask('cleo', 'enrol', {})]
    expect(cards.map(({ state }) => state)).toEqual(['review', 'review'])
    const ended = await people.publishTogether('cleo', cards)
    expect(ended.map(({ state }) => state)).toEqual(['counted', 'counted'])
    const [one, other] = ended.map(({ writes }) => writes[0]!.key)
    expect(await vote('cleo', 'Noodles')).toMatchObject({ state: 'failed', error: { code: 'client.choose-key' } })
    for (const card of [one, other])
      expect(await vote('cleo', 'Noodles', { card })).toMatchObject(refusal('You have several cards; surrender all but one.'))
    await people.done('cleo', 'surrender', { card: one })
    expect(await vote('cleo', 'Noodles', { card: one })).toMatchObject(refusal('Your card is not valid.'))
    await people.done('cleo', 'vote', { poll, choice: 'Noodles', card: other })
    expect([await tally('Soup'), await tally('Noodles')]).toEqual([1, 1])
  })

  it('[L8][K3] is closed by its owner alone, with the result that everybody can count', async () => {
    expect(await people.ask('bob', 'close', { poll })).toMatchObject({ state: 'failed', error: { code: 'client.no-key' } })
    await people.done('ann', 'close', {})
    const [row] = await people.rows('bob', ['polls', 'key'], [poll])
    const result = [
      { option: 'Soup', votes: '1' },
      { option: 'Noodles', votes: '1' },
    ]
    expect(row).toMatchObject({ question: 'Where do we eat?', state: { tag: 'closed', value: { result } } })
    expect(await vote('bob', 'Soup')).toMatchObject(refusal('The poll is closed.'))
    const audit = await world.call('bob', 'audit', {})
    expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
  })
})
