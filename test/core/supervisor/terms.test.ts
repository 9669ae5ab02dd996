/** Terms of an offer as their author chooses them. */
import { describe, expect, it } from 'vitest'
import { changedTerms, newTerms } from '../../../main/core/supervisor/terms.ts'
import { check } from '../../../roles/program/index.ts'
import { DEFAULT_PER_TICK } from '../../../roles/protocol/ticks/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { counted } from '../../../roles/protocol/words.ts'
import { GUESTBOOK } from '../../simulation/network/cast.ts'

const program = must(check(GUESTBOOK))

describe('terms that are objects', () => {
  it('are changed member by member, where the others keep their defaults or what they were', () => {
    const terms = must(newTerms(program, 'Poll', { work: { client: 9 }, perTick: { updates: 2 } }))
    expect([terms.work, terms.perTick]).toEqual([
      { client: 9, server: 20 },
      { ...DEFAULT_PER_TICK, updates: 2 },
    ])
    expect(must(changedTerms(terms, { work: { server: 11 } }))).toEqual({ ...terms, work: { client: 9, server: 11 } })
  })

  it('have no members that nobody knows, and are objects', () => {
    for (const work of [{ clients: 9 }, 9, [9], null])
      expect(newTerms(program, 'Poll', { work })).toMatchObject({ ok: false, error: { code: 'publish.terms' } })
    expect(newTerms(program, 'Poll', { trackers: { 0: 'udp://tracker.example' } })).toMatchObject({ error: { code: 'publish.terms' } })
  })
})

describe('A term that cannot be', () => {
  it.each<[Record<string, unknown>, string, string]>([
    [
      { minimumServers: 'abc' },
      'minimumServers',
      'The term minimumServers has to be a whole number from 1 to 10000, not text of 3 characters. Correct it, and publish again.',
    ],
    [
      { tickBlocks: 1.5 },
      'tickBlocks',
      'The term tickBlocks has to be a whole number from 1 to 2016, not 1.5. Correct it, and publish again.',
    ],
    [
      { work: { client: 65 } },
      'work.client',
      'The term work.client has to be a whole number from 0 to 64, not 65. Correct it, and publish again.',
    ],
    [{ work: 5 }, 'work', 'The term work has to be an object, not 5. Correct it, and publish again.'],
    [
      { trackers: 'udp' },
      'trackers',
      'The term trackers has to be a list of at most 10 values, not text of 3 characters. Correct it, and publish again.',
    ],
    [
      { trackers: [7] },
      'trackers.0',
      'The term trackers.0 has to be text of at most 300 characters, not 7. Correct it, and publish again.',
    ],
    [{ work: { clients: 9 } }, 'work', 'There is no term work.clients; there are work.client, work.server.'],
  ])('is refused in words that say what it has to be: %j', (chosen, field, message) => {
    expect(newTerms(program, 'Poll', chosen)).toMatchObject({ error: { code: 'publish.terms', message, details: { field } } })
  })

  it('is a title, which is no term', () => {
    expect(newTerms(program, 'x'.repeat(81))).toMatchObject({
      error: { message: 'The title has to be text of 1 to 80 characters, not text of 81 characters. Correct it, and publish again.' },
    })
  })
})

describe('counted words', () => {
  it('are one or many', () => {
    expect([counted(0, 'block'), counted(1, 'block'), counted(2, 'block'), counted(2, 'entry', 'entries')]).toEqual([
      ...['0 blocks', '1 block', '2 blocks', '2 entries'],
    ])
  })
})
