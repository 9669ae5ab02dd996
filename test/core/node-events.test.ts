import { describe, expect, it } from 'vitest'
import { apply, type Change } from '../../main/contract/changes.ts'
import type { EventName, Overview, Pulse } from '../../main/contract/index.ts'
import { createEvents, type View } from '../../main/core/node-events.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'
import { overview, request } from '../e2e/view/sample.ts'

/** A node whose view is what a test says, and which counts how often it was made. */
function cast() {
  const made = { views: 0, pulses: 0 }
  const shown = { view: overview() as View, pulse: { height: 0, wallet: 'open', engagements: [] } as Omit<Pulse, 'moved'> }
  const clock = createVirtualClock()
  const events = createEvents(
    { log: createMemoryLog(), clock },
    {
      name: () => 'ann',
      view: () => (made.views++, shown.view),
      pulse: (moved) => (made.pulses++, { ...shown.pulse, moved }),
    },
  )
  const listen = (...wanted: EventName[]) => {
    const heard: Array<[string, unknown]> = []
    const stop = events.subscribe(wanted, (event, payload) => heard.push([event, payload]))
    return { heard, stop }
  }
  const block = (height: number): void => {
    shown.view = { ...shown.view, chain: { ...shown.view.chain, height } }
    events.changed(false)
  }
  return { events, made, shown, clock, listen, block }
}

describe('what a node tells', () => {
  it('nothing is made while nobody listens, or only for log lines', async () => {
    const { block, made, clock, listen, events } = cast()
    const { heard } = listen('log')
    block(2)
    await clock.advance(1_000)
    events.log.log('info', 'hello')
    expect(made).toEqual({ views: 0, pulses: 0 })
    expect(heard).toMatchObject([['log', { who: 'ann', message: 'hello' }]])
  })

  it('changes are told at most ten times a second, in a row, and never where nothing changed', async () => {
    const { block, clock, listen, events } = cast()
    const { heard } = listen('changed')
    block(2)
    block(3)
    await clock.advance(99)
    expect(heard).toEqual([])
    await clock.advance(1)
    block(3)
    await clock.advance(200)
    block(4)
    await clock.advance(100)
    expect(heard).toEqual([
      ['changed', { number: 2, chain: { set: { height: 3 } } }],
      ['changed', { number: 3, chain: { set: { height: 4 } } }],
    ])
    expect(events.overview()).toMatchObject({ number: 3, chain: { height: 4 } })
  })

  it('whoever listens has heard of everything that an answer shows, so that what came and went in between stays with nobody', async () => {
    const { shown, listen, events, clock } = cast()
    const { heard } = listen('changed')
    let known = events.overview()
    shown.view = { ...shown.view, requests: [request('5', 'sending')] }
    events.changed(true)
    const answer = events.overview()
    shown.view = { ...shown.view, requests: [] }
    events.changed(true)
    await clock.advance(100)
    let late: Overview = answer
    for (const [, change] of heard) [known, late] = [apply(known, change as Change)!, apply(late, change as Change)!]
    expect([known.requests, late.requests]).toEqual([[], []])
    expect(late).toEqual(known)
    expect(heard).toHaveLength(2)
  })

  it('whoever asked before anybody listened finds a gap', async () => {
    const { block, listen, events, clock } = cast()
    const asked = events.overview()
    block(9)
    const { heard, stop } = listen('changed')
    block(10)
    await clock.advance(100)
    expect(apply(asked, heard[0]![1] as Change)).toBeNull()
    const before = events.overview()
    stop()
    block(11)
    listen('changed')
    block(12)
    await clock.advance(100)
    expect(events.overview().number).toBe(before.number + 2)
  })

  it('a second one that listens disturbs nobody, and views are made as long as one of them does', async () => {
    const { block, listen, clock, made } = cast()
    const [one, two] = [listen('changed'), listen('changed', 'log')]
    block(2)
    await clock.advance(100)
    two.stop()
    block(3)
    await clock.advance(100)
    one.stop()
    const { views } = made
    block(4)
    await clock.advance(1_000)
    expect(made.views).toBe(views)
    expect([one.heard.length, two.heard.length]).toEqual([2, 1])
  })

  it('a pulse is told to who begins to listen, then only another one; it needs no overview', async () => {
    const { events, shown, listen, clock, made } = cast()
    const { heard } = listen('pulse')
    await clock.advance(100)
    expect(heard).toEqual([['pulse', { height: 0, wallet: 'open', engagements: [], moved: 0 }]])
    events.changed(false)
    await clock.advance(100)
    expect(heard).toHaveLength(1)
    events.changed(true)
    await clock.advance(100)
    shown.pulse = { ...shown.pulse, height: 8 }
    events.changed(false)
    await clock.advance(100)
    expect(heard.slice(1)).toMatchObject([
      ['pulse', { height: 0, moved: 1 }],
      ['pulse', { height: 8, moved: 1 }],
    ])
    expect(listen('pulse').heard).toEqual([])
    await clock.advance(100)
    expect(heard.at(-1)).toMatchObject(['pulse', { height: 8 }])
    expect(made.views).toBe(0)
  })

  it('a node that ends tells its last lines and makes no view any more', async () => {
    const { events, block, listen, clock, made } = cast()
    const { heard } = listen('changed', 'log', 'pulse')
    await clock.advance(100)
    const { views, pulses } = made
    block(2)
    events.stop()
    events.log.log('info', 'ending')
    block(3)
    await clock.advance(1_000)
    expect(made).toEqual({ views, pulses })
    expect(heard.at(-1)).toMatchObject(['log', { message: 'ending' }])
  })
})
