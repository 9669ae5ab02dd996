import { describe, expect, it } from 'vitest'
import { apply, changeOf, GAP, merged, same, type Change } from '../../main/contract/changes.ts'
import type { Overview } from '../../main/contract/index.ts'
import { actors, overview, request, used } from '../e2e/view/sample.ts'
import { overviews } from './random-overview.ts'

const seed = process.env['GOLEM_SEED'] ?? `changes ${Date.now() % 2 ** 31}`
/** Over a channel as between processes. */
const sent = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T
const at = (number: number, more: Partial<Overview> = {}): Overview => overview({ number, ...more })

describe('a change between two overviews', () => {
  it('is none where they say the same, though all objects are others', () => {
    expect(changeOf(at(7), sent(at(7)), 8)).toBeNull()
  })

  it('with a block carries the block and what follows from it, and nothing of an app or of requests', () => {
    const before = at(7, { requests: [request('5', 'signed', { waiting: 'in about 3 blocks' })] })
    const [one, ...others] = used()
    const after: Overview = {
      ...sent(before),
      chain: { ...before.chain, height: 1285 },
      apps: sent([{ ...one!, tick: { ...one!.tick!, blocksLeft: 1 } }, ...others]),
      requests: [request('5', 'signed', { waiting: 'in about 2 blocks' })],
    }
    expect(changeOf(before, after, 8)).toEqual({
      number: 8,
      chain: { set: { height: 1285 } },
      apps: { items: [{ id: one!.id, set: { tick: { ...one!.tick, blocksLeft: 1 } } }] },
      requests: { items: [{ id: before.requests[0]!.id, set: { waiting: 'in about 2 blocks' } }] },
    })
  })

  it('tells a new request whole, one that is gone by its id, and a field that is gone by its name', () => {
    const [one, two, three] = [request('1', 'review', { fee: 5 }), request('2', 'review'), request('3', 'review')]
    const { fee: _, ...without } = one
    const change = changeOf(at(0, { requests: [one, two] }), at(0, { requests: [without, three] }), 1)
    const { id, ...fields } = three
    expect(change).toEqual({
      number: 1,
      requests: {
        items: [
          { id: one.id, gone: ['fee'] },
          { id, set: fields },
        ],
        gone: [two.id],
      },
    })
  })

  it('tells the order only where it does not follow from what stayed and what came', () => {
    const all = ['1', '2', '3'].map((id) => request(id, 'review'))
    const [one, two, three] = all as [(typeof all)[0], (typeof all)[0], (typeof all)[0]]
    expect(changeOf(at(0, { requests: [one, two] }), at(0, { requests: [one, two, three] }), 1)!.requests).not.toHaveProperty('order')
    expect(changeOf(at(0, { requests: [one, three] }), at(0, { requests: all }), 1)!.requests!.order).toEqual(all.map(({ id }) => id))
    expect(changeOf(at(0, { requests: [one, two] }), at(0, { requests: [two, one] }), 1)).toEqual({
      number: 1,
      requests: { order: [two.id, one.id] },
    })
  })
})

describe('applying a change', () => {
  const before = at(7, { requests: [request('1', 'review'), request('2', 'review')] })
  const after = { ...sent(before), number: 8, requests: [sent(before.requests[0]!), request('2', 'signed')] }
  const change = changeOf(before, after, 8)!

  it('leaves everything that did not change the same object', () => {
    const applied = apply(before, change)!
    expect(applied).toEqual(after)
    expect(applied.apps).toBe(before.apps)
    expect(applied.engagements).toBe(before.engagements)
    expect(applied.chain).toBe(before.chain)
    expect(applied.requests[0]).toBe(before.requests[0])
    expect(applied.requests[1]!.writes).not.toBe(after.requests[1]!.writes)
    expect(before.requests[1]!.state).toBe('review')
  })

  it('that is contained already leaves the overview as it is; one that does not follow is a gap', () => {
    const applied = apply(before, change)!
    expect(apply(applied, change)).toBe(applied)
    expect(apply(before, { ...change, number: 9 })).toBeNull()
    expect(apply(before, GAP)).toBeNull()
    expect(apply({ ...before, number: 0 }, GAP)).toBeNull()
    expect(apply(before, { number: 8, requests: { order: ['nobody', 'else'] } })).toBeNull()
  })

  it('merges an answer with what was known: its number and content, and the objects that say the same', () => {
    const answer = { ...after, number: 31 }
    const known = merged(before, answer)
    expect(known).toEqual(answer)
    expect(known.apps).toBe(before.apps)
    expect(merged(before, sent(before))).toBe(before)
    expect(merged(before, { ...sent(before), number: 9 })).toEqual({ ...before, number: 9 })
  })
})

describe('values', () => {
  it.each<[unknown, unknown, boolean]>([
    [{ a: undefined }, {}, true],
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [[], {}, false],
    [[1], [1, 2], false],
    [null, {}, false],
    [{ a: 1 }, { b: 1 }, false],
    [JSON.parse('{"__proto__":1}'), {}, false],
    [actors, sent(actors), true],
  ])('%j and %j say the same: %s', (one, other, is) => {
    expect([same(one, other), same(other, one)]).toEqual([is, is])
  })
})

it('whatever follows on whatever, changes in a row lead to the last overview, and what is told twice changes nothing', () => {
  console.log(`seed ${seed} (GOLEM_SEED=${JSON.stringify(seed)} replays)`)
  let bytes = 0
  for (let run = 0; run < 60; run++) {
    let told: Overview | null = null
    let known: Overview | null = null
    for (const { number: _, ...view } of overviews(`${seed}/${run}`, 40)) {
      const next: Overview = { number: told?.number ?? 0, ...view }
      if (told === null || known === null) {
        known = sent(next)
        told = next
        continue
      }
      const change: Change | null = changeOf(told, next, told.number + 1)
      expect(change === null).toBe(same(told, next))
      if (change === null) continue
      bytes += JSON.stringify(change).length
      told = { ...next, number: change.number }
      const before: Overview = known
      known = apply(before, sent(change))!
      expect(sent(known)).toEqual(sent(told))
      for (const name of ['engagements', 'apps', 'requests'] as const)
        if (change[name] === undefined) expect(known[name]).toBe(before[name])
      expect(apply(known, change)).toBe(known)
      expect(apply(before, { ...change, number: change.number + 1 })).toBeNull()
    }
  }
  expect(bytes).toBeGreaterThan(0)
})
