/** The engine's scopes: roles of one engagement come, miss events, catch up, fail and go without the others noticing. */
import { describe, expect, it } from 'vitest'
import { find } from '../../main/core/engagements/find.ts'
import { createEngine, type Role } from '../../main/core/engine.ts'
import { scopedStorage } from '../../main/core/scoped-storage.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

interface Count {
  type: 'count'
  fails?: string
}
const [A, B] = ['aa'.repeat(32), 'bb'.repeat(32)]

/** A role that counts events, fails at one that names it, and asks for an effect with each. */
function counter(name: string, who: string, performed: string[] = []): Role<number, Count, { type: 'note'; at: number }> {
  return {
    name,
    initial: 0,
    step(state, event) {
      if (event.fails === who) throw new Error(`${who} is broken`)
      return { state: state + 1, effects: [{ type: 'note', at: state + 1 }] }
    },
    async perform({ at }) {
      performed.push(`${who} ${at}`)
      return []
    },
  }
}

function start() {
  const storage = createMemoryStorage()
  const out: string[] = []
  const engine = createEngine({
    storage,
    log: createMemoryLog(),
    after: () => () => undefined,
    putOut(id, error) {
      out.push(`${id.slice(0, 2)}: ${(error as Error).message}`)
      return [{ table: 'engagement', key: id, value: 'failed' }]
    },
  })
  return { storage, engine, out }
}
const event: Count = { type: 'count' }

describe('roles of several engagements', () => {
  it('of one name have states of their own, and all hear of everything', async () => {
    const { engine, storage } = start()
    const own = engine.add(counter('role', 'node'))
    const [a, b] = [A, B].map((id) => engine.scope(id, false).add(counter('role', id)))
    await engine.broadcast(event)
    await a!.dispatch(event)
    expect([own.state(), a!.state(), b!.state()]).toEqual([1, 2, 1])
    expect(storage.list('role-state').map(({ key, value }) => [key, value])).toEqual([
      ['role', 1],
      [`role:${A}`, 2],
      [`role:${B}`, 1],
    ])
  })

  it('are put out where a step of theirs fails, with the rows that say so in the same commit, and the others have taken the event', async () => {
    const { engine, storage, out } = start()
    const own = engine.add(counter('role', 'node'))
    const [a, b] = [A, B].map((id) => engine.scope(id, false).add(counter('role', id)))
    await engine.broadcast({ type: 'count', fails: A }, () => [{ table: 'chain', key: 'tip', value: 7 }])
    expect([own.state(), a!.state(), b!.state(), out]).toEqual([1, 0, 1, [`aa: ${A} is broken`]])
    expect([storage.get('engagement', A), storage.get('chain', 'tip')]).toEqual(['failed', 7])
    await engine.broadcast(event)
    await a!.dispatch(event)
    expect([own.state(), a!.state(), b!.state()]).toEqual([2, 0, 2])
  })

  it('of the node itself are not: then nothing is taken, and the event comes again', async () => {
    const { engine, storage } = start()
    const own = engine.add(counter('role', 'node'))
    const a = engine.scope(A, false).add(counter('role', A))
    await expect(engine.broadcast({ type: 'count', fails: 'node' })).rejects.toThrow('node is broken')
    expect([own.state(), a.state(), storage.list('role-state')]).toEqual([0, 0, []])
  })

  it('that were taken away hear of nothing, do nothing, and go on where they were with what they missed, in order', async () => {
    const { engine, storage } = start()
    const performed: string[] = []
    const first = engine.scope(A, false).add(counter('role', 'first', performed))
    await engine.broadcast(event)
    await engine.idle()
    await engine.remove(A, () => [{ table: 'engagement', key: A, value: 'paused' }])
    await engine.broadcast(event)
    await first.dispatch(event)
    await engine.idle()
    expect([first.state(), performed, storage.get('engagement', A)]).toEqual([1, ['first 1'], 'paused'])
    const again = engine.scope(A, true).add(counter('role', 'again', performed))
    await engine.broadcast(event)
    expect(again.state()).toBe(1)
    const missed = [1, 2].map((at) => ({ event, writes: [{ table: 'engagement', key: A, value: `heard ${at}` }] }))
    const failure = await engine.wake(
      A,
      () => missed,
      () => [{ table: 'engagement', key: A, value: 'active' }],
    )
    await engine.broadcast(event)
    await engine.idle()
    expect([failure, again.state(), storage.get('engagement', A)]).toEqual([undefined, 4, 'active'])
    expect(performed).toEqual(['first 1', 'again 2', 'again 3', 'again 4'])
  })

  it('that fail on what they missed are out again', async () => {
    const { engine, out } = start()
    const a = engine.scope(A, true).add(counter('role', A))
    const failure = await engine.wake(
      A,
      () => [{ event: { type: 'count', fails: A }, writes: [] }],
      () => [],
    )
    expect([String(failure), out]).toEqual([`Error: ${A} is broken`, [`aa: ${A} is broken`]])
    await engine.broadcast(event)
    expect(a.state()).toBe(0)
  })

  it('perform what a crash left undone once they are there again, and tell it once', async () => {
    const { engine, storage } = start()
    let release: () => void = () => undefined
    const held: Role<number, Count, { type: 'note'; at: number }> = {
      ...counter('role', 'held'),
      perform: () => new Promise((resolve) => (release = () => resolve([event]))),
    }
    engine.scope(A, false).add(held)
    await engine.broadcast(event)
    await engine.remove(A, () => [])
    release()
    await engine.idle()
    expect(storage.list('effect')).toHaveLength(1)
    const performed: string[] = []
    engine.scope(A, false).add(counter('role', 'again', performed))
    await engine.idle()
    expect([performed, storage.list('effect')]).toEqual([['again 1'], []])
  })
})

describe('rows of engagements', () => {
  it('do not meet, and rows of the node are the same for all', () => {
    const storage = createMemoryStorage()
    const [a, b] = [scopedStorage(storage, A), scopedStorage(storage, B)]
    a.transact([
      { table: 'client', key: 'x', value: 1 },
      { table: 'chain', key: 'x', value: 2 },
    ])
    b.transact([{ table: 'client', key: 'x', value: 3 }])
    expect([a.get('client', 'x'), b.get('client', 'x'), b.get('chain', 'x')]).toEqual([1, 3, 2])
    expect([a.list('client'), b.list('client', 'x'), b.list('client', 'y')]).toEqual([
      [{ key: 'x', value: 1 }],
      [{ key: 'x', value: 3 }],
      [],
    ])
    a.transact([{ table: 'client', key: 'x', delete: true }])
    expect([a.list('client'), b.list('client').length]).toEqual([[], 1])
  })
})

describe('which one a person means', () => {
  const all = [
    { id: A, app: '11'.repeat(32), title: 'Poll' },
    { id: B, app: '22'.repeat(32), title: 'Guestbook' },
    { id: 'ab'.repeat(32), app: '22'.repeat(32), title: 'Guestbook' },
  ]
  const code = (text: string | undefined, of = all): string => {
    const one = find(of, text, 'app')
    return one.ok ? one.value.id.slice(0, 2) : one.error.code
  }

  it.each([
    ['its id', A, 'aa'],
    ["its app's id", '11'.repeat(32), 'aa'],
    ['the beginning of an id', 'aaaaaa', 'aa'],
    ['in capitals', 'BBBBBB', 'bb'],
    ['too short a beginning', 'aaaaa', 'engagement.none'],
    ['its title', ' poll ', 'aa'],
    ['a title of two', 'Guestbook', 'engagement.several'],
    ["an app's id of two", '22'.repeat(32), 'engagement.several'],
    ['its link', `golem:regtest/${'11'.repeat(32)}?title=Guestbook`, 'aa'],
    ['nothing there is', 'nothing', 'engagement.none'],
    ['nothing at all', undefined, 'engagement.several'],
  ])('%s', (_, text, expected) => expect(code(text)).toBe(expected))

  it('nothing, where there is one: that', () => {
    expect([code(undefined, all.slice(0, 1)), code(undefined, [])]).toEqual(['aa', 'engagement.none'])
  })
})
