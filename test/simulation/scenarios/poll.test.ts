/** The poll over the whole loop. What no server can see, two votes at once, is decided by a rule when the tick closes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { peopleOf, type People } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

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

const vote = (name: string, choice: string) => people.ask(name, 'vote', { poll, choice })
const refusal = (reason: string) => ({ state: 'nothing to write', response: { accepted: false, reason } })
const tally = (choice: string) => people.count('cleo', ['votes', 'tally'], [poll, choice])

describe('A poll', () => {
  it('[T3] counts one of two votes that are sent at once, tells the voter why, and anybody reads the tally', async () => {
    const both = [await vote('bob', 'Soup'), await vote('bob', 'Noodles')]
    expect(both).toMatchObject([{ state: 'review' }, { state: 'review' }])
    expect(both[0]!.writes[0]!.rules).toEqual([
      'This may be refused if another request of yours is faster: at most one row of votes has the same poll and owner.',
    ])
    const [first, second] = await people.publishTogether('bob', both)
    expect([first, second]).toMatchObject([
      { state: 'counted' },
      {
        state: 'rejected',
        error: {
          code: 'update.rule',
          message: expect.stringContaining('at most one row of votes has the same poll and owner (index votes.mine)'),
        },
      },
    ])
    await world.block()
    expect([await tally('Soup'), await tally('Noodles')]).toEqual([1, 0])
    expect(await vote('bob', 'Noodles')).toMatchObject(refusal('You have voted in this poll.'))
    await people.done('cleo', 'vote', { poll, choice: 'Noodles' })
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
    const audit = await world.call('bob', 'use.audit', {})
    expect([audit.ok, audit.ticks.filter((tick) => !tick.equal)]).toEqual([true, []])
  })
})
