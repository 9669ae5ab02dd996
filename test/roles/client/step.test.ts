import { describe, expect, it } from 'vitest'
import { freeKeys, isRegistered, keyCounts, nextKeyIndex, type ClientEvent, type ClientState } from '../../../roles/client/index.ts'
import {
  APP,
  DATA,
  refer,
  anchored,
  block,
  tick,
  text,
  reviewed,
  published,
  run,
  start,
  ready,
  ask,
  replied,
  approve,
  phase,
  of,
} from './story.ts'

describe('a client', () => {
  it('[K2] is registered, and has a free key, when ticks say so and not before', () => {
    const before = run(start, ...ready.slice(0, 4)).state
    const { state, effects } = run(start, ...ready)
    expect([isRegistered(before), isRegistered(state)]).toEqual([false, true])
    expect(freeKeys(state)).toEqual([{ key: DATA, collection: 'posts', written: false }])
    expect([nextKeyIndex(start), nextKeyIndex(state)]).toEqual([0, 1])
    expect(of(effects, 'publish')).toMatchObject([{ documentType: 'registration' }, { documentType: 'reservation' }])
  })

  it('takes a request from sending to counted, and holds its key on the way', () => {
    const { state: base } = run(start, ...ready)
    const phases: string[] = []
    let state = base
    for (const event of [
      [ask],
      [replied],
      [approve],
      [published(3)],
      [block(5, anchored('update', 3, 5))],
      tick(2, 6, []),
      tick(3, 7, [[3, 'accepted']]),
    ]) {
      state = run(state, ...event).state
      phases.push(phase(state))
      if (phase(state) !== 'counted') expect(freeKeys(state)).toEqual([])
    }
    expect(phases).toEqual(['sending', 'review', 'signed', 'signed', 'anchored', 'anchored', 'counted'])
    expect(freeKeys(state)).toEqual([{ key: DATA, collection: 'posts', written: true }])
  })

  it('[R7] stores the signed update before it publishes, and publishes one document however often it is approved', () => {
    const { state, effects } = run(
      run(start, ...ready).state,
      ask,
      replied,
      approve,
      approve,
      { ...approve, ...text(4) },
      { type: 'refuse', id: 'r' },
    )
    expect(of(effects, 'publish')).toEqual([{ type: 'publish', documentType: 'update', ...text(3) }])
    expect(state.requests[0]).toMatchObject({ phase: 'signed', publication: { document: text(3).document } })
  })

  it('publishes the same bytes again with the next block when publishing failed for now', () => {
    const failed: ClientEvent = {
      type: 'publish.failed',
      sha256: refer(3).sha256,
      failure: { code: 'wallet.funds', message: 'wait', retryable: true },
    }
    const { effects } = run(run(start, ...ready).state, ask, replied, approve, failed, block(5), block(6))
    expect(of(effects, 'publish')).toEqual([1, 2].map(() => ({ type: 'publish', documentType: 'update', ...text(3) })))
  })

  it('[R5] tries a failed request elsewhere, three times in all', () => {
    const failed = (attempt: number): ClientEvent => ({
      type: 'send.failed',
      id: 'r',
      attempt,
      failure: { code: 'request.hop-failed', message: 'away', retryable: true },
      servers: [`s${attempt}`],
    })
    const { state, effects } = run(run(start, ...ready).state, ask, failed(1), failed(1), failed(2), failed(3))
    expect(of(effects, 'send')).toMatchObject([
      { attempt: 1, exclude: [] },
      { attempt: 2, exclude: ['s1'] },
      { attempt: 3, exclude: ['s1', 's2'] },
    ])
    expect(state.requests[0]).toMatchObject({ phase: 'failed', error: { code: 'request.hop-failed' } })
    expect(freeKeys(state)).toHaveLength(1)
  })

  it('keeps what shows that servers disagree, asks elsewhere, and publishes it once, when the person says so', () => {
    const disagreed: ClientEvent = {
      type: 'disagreed',
      id: 'r',
      attempt: 1,
      position: 1,
      servers: ['a', 'b'],
      opens: { 'request.topic': 'x' },
    }
    const failed = (attempt: number, servers: string[]): ClientEvent => ({
      type: 'send.failed',
      id: 'r',
      attempt,
      failure: { code: 'request.lanes', message: 'differ', retryable: true },
      servers,
    })
    const kept = run(run(start, ...ready).state, ask, disagreed, failed(1, ['a', 'b']), failed(2, ['b', 'c']))
    // Who disagrees for the second time comes back last.
    expect(of(kept.effects, 'send')).toMatchObject([{ exclude: [] }, { exclude: ['a', 'b'] }, { exclude: ['a', 'c', 'b'] }])
    expect(of(kept.effects, 'publish')).toEqual([])
    expect(kept.state.requests[0]).toMatchObject({ phase: 'sending', dispute: { position: 1, servers: ['a', 'b'], publication: null } })
    const said: ClientEvent = { type: 'dispute', id: 'r', ...text(7) }
    const { state, effects } = run(kept.state, said, { ...said, ...text(8) })
    expect(of(effects, 'publish')).toEqual([{ type: 'publish', documentType: 'dispute', ...text(7) }])
    expect(state.requests[0]!.dispute!.publication).toMatchObject({ documentType: 'dispute', document: text(7).document })
    // Nobody disagreed about another request.
    expect(run(run(start, ...ready).state, ask, said).effects.filter(({ type }) => type === 'publish')).toEqual([])
  })

  it('[R5] remembers who failed it, the latest last, and why, for the next attempt', () => {
    const failed = (attempt: number, servers: string[]): ClientEvent => ({
      type: 'send.failed',
      id: 'r',
      attempt,
      failure: { code: 'request.hop-failed', message: 'no', retryable: true, details: { cause: 'hop.block-failed' } },
      servers,
    })
    const { effects } = run(run(start, ...ready).state, ask, failed(1, ['s1', 's2']), failed(2, ['s1']))
    expect(of(effects, 'send')).toMatchObject([
      { before: null },
      { exclude: ['s1', 's2'], before: 'hop.block-failed' },
      { exclude: ['s2', 's1'], before: 'hop.block-failed' },
    ])
  })

  it('says that a key has to be reserved first', () => {
    const { state, effects } = run(start, ask)
    expect([phase(state), state.requests[0]!.error!.code, effects]).toEqual(['failed', 'client.no-key', []])
  })

  it('[D4] goes back when blocks are undone, and on again on the new branch', () => {
    const { state } = run(
      run(start, ...ready).state,
      ask,
      replied,
      approve,
      published(3),
      block(5, anchored('update', 3, 5)),
      ...tick(2, 6, [[3, 'accepted']]),
    )
    expect(phase(state)).toBe('counted')
    const undone = run(state, { type: 'reorg', height: 5 }).state
    expect([phase(undone), freeKeys(undone)]).toEqual(['anchored', []])
    const deeper = run(undone, { type: 'reorg', height: 4 }).state
    expect(phase(deeper)).toBe('signed')
    expect(phase(run(deeper, block(5, anchored('update', 3, 5))).state)).toBe('anchored')
  })

  it('[C1] tells in plain words why a write was not counted, and complains about a poisoned stamp with its evidence', () => {
    const anchoredUpdate = [ask, replied, approve, published(3), block(5, anchored('update', 3, 5))]
    const { state: base } = run(run(start, ...ready).state, ...anchoredUpdate)
    const late = run(base, ...tick(2, 6, [[3, 'update.unavailable']]))
    expect(late.state.requests[0]).toMatchObject({
      phase: 'rejected',
      error: { code: 'update.unavailable', message: expect.stringContaining('could not be fetched') },
    })
    expect(of(late.effects, 'complaint')).toEqual([])
    const poisoned = run(base, ...tick(2, 6, [[3, 'update.stamp']]))
    expect(of(poisoned.effects, 'complaint')).toEqual([
      { type: 'complaint', id: 'r', tick: refer(102), update: refer(3), document: text(3).document },
    ])
    expect(freeKeys(poisoned.state)).toHaveLength(1)
  })

  it('has nothing to approve when the program wrote nothing', () => {
    const { state } = run(run(start, ...ready).state, ask, { ...replied, reviewed: reviewed(0) })
    expect([phase(state), freeKeys(state).length]).toEqual(['nothing to write', 1])
  })

  describe('[R7] until when an approval counts', () => {
    const reviewing = run(run(start, ...ready).state, ask, replied).state

    it('is taken up to the margin before the window closes, and refused from there on, before anything is published', () => {
      const inTime = run(reviewing, block(98), approve)
      expect([phase(inTime.state), of(inTime.effects, 'publish')]).toMatchObject(['signed', [{ documentType: 'update' }]])
      const late = run(reviewing, block(99), approve)
      expect([phase(late.state), late.state.requests[0]!.error!.code, of(late.effects, 'publish')]).toEqual(['late', 'client.late', []])
      expect(late.state.requests[0]!.error!.message).toContain('in a block by 100, and the chain is at 99')
      expect(freeKeys(late.state)).toHaveLength(1)
      expect(phase(run(reviewing, { type: 'height', height: 140 }).state)).toBe('late')
    })

    it('ends when a reorg took the tick that it was composed on, and not while that tick may come back', () => {
      const undone = run(reviewing, { type: 'reorg', height: 3 }).state
      expect(phase(undone)).toBe('review')
      expect(phase(run(undone, ...tick(1, 5, [[2, 'accepted']])).state)).toBe('review')
      const [anchor, document] = tick(1, 5, [[2, 'accepted']]) as [ClientEvent & { type: 'block' }, ClientEvent & { type: 'document' }]
      const other = refer(777)
      const rival = run(
        undone,
        { ...anchor, anchored: [{ ...anchor.anchored[0]!, anchor: { type: 'tick', number: 1, ...other } }] },
        { ...document, reference: other, document: { ...document.document, sha256: other.sha256 } },
      ).state
      expect([phase(rival), rival.requests[0]!.error!.code]).toEqual(['late', 'client.base'])
    })

    it('is found out by publishing, too: nothing is published then, now or later', () => {
      const failure = { code: 'client.late', message: 'too late', retryable: false }
      const { state, effects } = run(
        reviewing,
        approve,
        { type: 'publish.failed', sha256: refer(3).sha256, failure },
        block(101),
        block(102),
      )
      expect([phase(state), of(effects, 'publish').length, freeKeys(state).length]).toEqual(['late', 1, 1])
      expect(phase(run(state, { type: 'refuse', id: 'r' }, block(103)).state)).toBe('refused')
    })

    it('is composed anew once, with the key that the first one held', () => {
      const again: ClientEvent = { ...ask, id: 'again', instead: 'r' }
      const { state, effects } = run(reviewing, block(99), again, { ...again, id: 'more' })
      expect(state.requests.map(({ id, phase, again }) => [id, phase, again])).toEqual([
        ['r', 'late', 'again'],
        ['again', 'sending', null],
      ])
      expect(of(effects, 'send')).toMatchObject([{ id: 'again', keys: [{ key: DATA }] }])
      expect(run(reviewing, again).state.requests.map(({ phase }) => phase)).toEqual(['refused', 'sending'])
    })
  })

  describe('a key that is busy', () => {
    const OWNED = [{ name: 'row', collection: 'posts', state: 'owned' as const }]
    const written = run(
      run(start, ...ready).state,
      ask,
      replied,
      approve,
      published(3),
      block(5, anchored('update', 3, 5)),
      ...tick(2, 6, []),
      ...tick(3, 7, [[3, 'accepted']]),
    ).state
    const edit = (id: string, args = {}): ClientEvent => ({ type: 'request', id, endpoint: 'edit', arguments: args, slots: OWNED, at: 2 })
    const last = (state: ClientState) => state.requests.at(-1)!.error!

    it('is said to be busy, with which request and until when', () => {
      const busy = (state: ClientState): string => {
        const { code, message } = last(run(state, edit('second', { row: DATA })).state)
        expect(code).toBe('client.busy-key')
        return message
      }
      const window = { tick: refer(103).sha256, number: 3, until: 108, tickBlocks: 4, margin: 1 }
      const sending = run(written, edit('aabbccdd11')).state
      expect(busy(sending)).toBe(
        'The key to change in posts is in use. Request aabbccdd («edit») holds it and is on its way through the servers. Send the request again once you refused that one, or tick 5 or a later one counted it.',
      )
      const under = run(sending, { ...replied, id: 'aabbccdd11', window }).state
      expect(busy(under)).toBe(
        'The key to change in posts is in use. Request aabbccdd («edit») holds it and waits for your decision before block 107. Send the request again once you refused that one, or tick 5 or the next one counted it, the first of which is due at block 108.',
      )
      const public_ = run(under, { ...approve, id: 'aabbccdd11', ...text(4) }).state
      expect(busy(public_)).toBe(
        'The key to change in posts is in use. Request aabbccdd («edit») holds it until its write is decided by tick 5, which is due at block 108. Send the request again after tick 5.',
      )
      const missed = run(public_, ...tick(4, 108, []), ...tick(5, 112, [])).state
      expect(busy(missed)).toBe(
        'The key to change in posts is in use. Request aabbccdd («edit») holds it, and cannot count any more: no block had it by 108. Send the request again once a block has that one after all, or compose that one anew instead (command «again»).',
      )
    })

    it('[R7] is free for what is composed in the place of a request that no block had in time', () => {
      const slow = run(written, edit('slow'), { ...replied, id: 'slow' }, { ...approve, id: 'slow', ...text(4) }).state
      expect(slow.requests.at(-1)).toMatchObject({ phase: 'signed', keys: [{ key: DATA, written: true }] })
      const anew = run(slow, block(101), { ...edit('anew', { row: DATA }), instead: 'slow' } as ClientEvent)
      expect(anew.state.requests.slice(-2).map(({ id, phase, again, error }) => [id, phase, again, error])).toEqual([
        ['slow', 'signed', 'anew', null],
        ['anew', 'sending', null, null],
      ])
      expect(anew.state.keys.map(({ request }) => request)).toEqual(['anew'])
      // The late one reaches a block after all: the row stays with its successor.
      const late = run(anew.state, published(4), block(102, anchored('update', 4, 102)), ...tick(4, 103, [[4, 'update.late']])).state
      expect([late.requests.at(-2)!.phase, late.keys[0]!.request]).toEqual(['rejected', 'anew'])
    })

    it('[R7] stays with a request that creates it, whatever is composed in its place: a block may still take its coin', () => {
      const creating = run(run(start, ...ready).state, ask, replied, approve, block(101)).state
      const { state } = run(creating, { ...ask, id: 'anew', instead: 'r' })
      expect([state.keys[0]!.request, state.requests.at(-1)!.error?.code]).toEqual(['r', 'client.busy-key'])
    })

    it('counts where a row has to be chosen, and one whose first write is under way is no other row', () => {
      const creating = run(run(start, ...ready).state, ask, replied, approve).state
      expect(last(run(creating, edit('second')).state).code).toBe('client.busy-key')
      expect(last(run(run(start, ...ready).state, edit('second')).state).code).toBe('client.no-key')
    })

    it('is, when fresh, either in use or on its way, and a refused reservation leaves none', () => {
      const used = run(run(start, ...ready).state, ask, { ...ask, id: 'other' }).state
      expect(last(used).message).toBe(
        'Every fresh key for posts is in use or on its way. Request r («post») holds it and is on its way through the servers. Send the request again once a tick counted more keys, which tick 2 is the first to do; the command «reserve» asks for more.',
      )
      const coming = run(run(start, ...ready.slice(0, 9)).state, ask).state
      expect(last(coming).message).toBe(
        'Every fresh key for posts is in use or on its way. A reservation of keys is in block 3, and no tick has counted it yet. Send the request again once a tick counted more keys, which tick 1 is the first to do; the command «reserve» asks for more.',
      )
      const refused = run(run(start, ...ready.slice(0, 9)).state, ...tick(1, 4, [[2, 'reservation.taken']]), ask).state
      expect([last(refused).code, keyCounts(refused, 'posts')]).toEqual(['client.no-key', { free: 0, coming: 0, busy: 0, written: 0 }])
    })
  })

  it('[K2] registers again under new terms when a tick refused it, and not for ever', () => {
    const refusal = (n: number, number: number): ClientEvent[] => [
      { type: 'work.done', ...text(n) },
      published(n),
      block(n, anchored('registration', n, n)),
      ...tick(number, n + 1, [[n, 'registration.work']]),
    ]
    const register = (offer: string): ClientEvent => ({ type: 'register', offer, bits: 4 })
    const first = run(start, register(APP), register(APP), ...refusal(1, 0))
    expect([of(first.effects, 'grind').length, isRegistered(first.state)]).toEqual([1, false])
    const more = run(first.state, register(APP), ...refusal(3, 1), register(APP), ...refusal(5, 2), register(APP))
    expect(of(more.effects, 'grind')).toHaveLength(2)
    expect(of(run(more.state, register('bb'.repeat(32))).effects, 'grind')).toHaveLength(1)
    const restored = run(start, register(APP), ...refusal(1, 0).slice(0, 3), ...tick(0, 2, [[1, 'registration.known']]))
    expect(isRegistered(restored.state)).toBe(true)
  })
})
