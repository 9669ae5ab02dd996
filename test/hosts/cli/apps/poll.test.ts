import { describe, expect, it } from 'vitest'
import { keyOf, tell } from './story.ts'

const LUNCH = { question: 'Where do we eat?', options: ['Soup', ' Noodles ', 'Bread'] }
const NOODLES = 'Noodles'

/** A poll of ann's. */
async function opened() {
  const story = tell('poll')
  const { polls: poll } = await story.done('ann', 'create', LUNCH)
  return { story, poll: poll! }
}

describe('[L1][L10] the poll, by golem run', () => {
  it('is opened, voted in by several, and closed by its owner with the result, the most votes first', async () => {
    const { story, poll } = await opened()
    expect(story.rows('polls')).toEqual([
      {
        key: poll,
        owner: keyOf('ann'),
        fields: { question: LUNCH.question, options: ['Soup', NOODLES, 'Bread'], state: { tag: 'open', value: {} } },
      },
    ])
    for (const [voter, choice] of [
      ['bob', NOODLES],
      ['cleo', 'Bread'],
      ['dan', NOODLES],
    ] as const)
      await story.done(voter, 'vote', { poll, choice })
    expect(story.rows('votes').map(({ owner, fields }) => [owner, fields])).toEqual([
      [keyOf('bob'), { poll, choice: NOODLES }],
      [keyOf('cleo'), { poll, choice: 'Bread' }],
      [keyOf('dan'), { poll, choice: NOODLES }],
    ])
    await story.done('ann', 'close', {})
    const result = [
      { option: NOODLES, votes: '2' },
      { option: 'Bread', votes: '1' },
      { option: 'Soup', votes: '0' },
    ]
    expect(story.rows('polls')[0]!.fields).toMatchObject({ question: LUNCH.question, state: { tag: 'closed', value: { result } } })
    expect(await story.refused('ann', 'close', {})).toBe('The poll is closed already.')
  })

  it('counts one vote for each client, and none is changed afterwards', async () => {
    const { story, poll } = await opened()
    await story.done('bob', 'vote', { poll, choice: 'Soup' })
    for (const choice of ['Soup', 'Bread'])
      expect(await story.refused('bob', 'vote', { poll, choice })).toBe('You have voted in this poll.')
    const { polls: other } = await story.done('ann', 'create', { ...LUNCH, question: 'And tomorrow?' })
    await story.done('bob', 'vote', { poll: other, choice: 'Bread' })
    expect(story.rows('votes').map(({ fields }) => fields['choice'])).toEqual(['Soup', 'Bread'])
  })

  it.each([
    [{ question: ' ', options: ['a', 'b'] }, 'A poll needs a question.'],
    [{ question: '?', options: ['a'] }, 'A poll needs two options at least.'],
    [{ question: '?', options: ['a', '  '] }, 'An option is empty.'],
    [{ question: '?', options: ['a', 'b', ' a'] }, 'Two options are the same.'],
  ])('says why %j is no poll', async (request, reason) => {
    const { story } = await opened()
    expect(await story.refused('ann', 'create', request)).toBe(reason)
  })

  it('says why a vote does not count', async () => {
    const { story, poll } = await opened()
    expect(await story.refused('bob', 'vote', { poll: 'nowhere', choice: 'Soup' })).toBe('There is no such poll.')
    expect(await story.refused('bob', 'vote', { poll, choice: 'Salad' })).toBe('That is not one of the options.')
    expect(await story.refused('bob', 'vote', { poll, choice: '' })).toBe('That is not one of the options.')
    await story.done('ann', 'close', {})
    expect(await story.refused('bob', 'vote', { poll, choice: 'Soup' })).toBe('The poll is closed.')
  })

  it('[K3] is closed by nobody but its owner', async () => {
    const { story, poll } = await opened()
    expect((await story.call('eve', 'close', {})).error).toMatchObject({ code: 'call.key' })
    await story.done('eve', 'create', { question: 'Mine', options: ['a', 'b'] })
    expect((await story.call('eve', 'close', { poll })).error).toMatchObject({ code: 'call.key' })
    expect(story.rows('polls')[0]!.fields['state']).toEqual({ tag: 'open', value: {} })
  })

  it('[L12] stays far within the budget with eight long options, and writes nothing without it', async () => {
    const { story } = await opened()
    const options = Array.from({ length: 8 }, (_, i) => `${i}`.padEnd(60, 'ö'))
    expect((await story.call('ann', 'create', { question: 'x'.repeat(200), options }, '--budget-steps', '20')).error).toMatchObject({
      code: 'program.budget',
    })
    expect(story.rows('polls')).toHaveLength(1)
    expect(
      (await story.call('ann', 'create', { question: 'x'.repeat(200), options }, '--budget-steps', '1000', '--budget-bytes', '20000')).ok,
    ).toBe(true)
  })

  it('is told by the command itself too', async () => {
    const { story, poll } = await opened()
    expect(await story.process('bob', 'vote', { poll, choice: 'Bread' })).toMatchObject({
      ok: true,
      value: { response: { accepted: true }, committed: true },
    })
    expect(await story.refused('bob', 'vote', { poll, choice: 'Bread' })).toBe('You have voted in this poll.')
  })
})
