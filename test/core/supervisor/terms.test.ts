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

describe('counted words', () => {
  it('are one or many', () => {
    expect([counted(0, 'block'), counted(1, 'block'), counted(2, 'block'), counted(2, 'entry', 'entries')]).toEqual([
      ...['0 blocks', '1 block', '2 blocks', '2 entries'],
    ])
  })
})
