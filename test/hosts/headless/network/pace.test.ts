import { describe, expect, it } from 'vitest'
import type { Beat, Pulse } from '../../../../main/contract/index.ts'
import { createPace } from '../../../../main/hosts/headless/network/pace.ts'
import type { ParticipantProcess } from '../../../../main/hosts/headless/network/process.ts'

type Tick = NonNullable<Beat['tick']>

const tick = (number: number, blocksLeft = 3, state: Tick['state'] = 'running', stopped = false): Tick => ({
  number,
  blocksLeft,
  state,
  stopped,
})
const supervisor = (at: Tick | null, state = 'ticking', app = 'app'): Beat => ({
  id: `supervisor of ${app}`,
  role: 'supervisor',
  app,
  state,
  tick: at,
})
const client = (at: Tick | null, app = 'app'): Beat => ({ id: `client of ${app}`, role: 'client', app, state: 'registered', tick: at })
const server = (app = 'app'): Beat => ({ id: `server of ${app}`, role: 'server', app, state: 'serving', tick: null })

/** A participant that shows what a test says. */
function shown(name: string) {
  let listener: (event: string, payload: unknown) => void = () => undefined
  const asked: unknown[] = []
  const participant = {
    name,
    running: true,
    subscribe: (wanted: readonly string[], hear: typeof listener) => (asked.push(wanted), (listener = hear), () => undefined),
    call: () => Promise.reject(new Error('nobody is to ask for an overview')),
  }
  const show = (height: number, engagements: Beat[], wallet: Pulse['wallet'] = 'open'): void =>
    listener('pulse', { height, wallet, moved: 0, engagements } satisfies Pulse)
  return { participant: participant as unknown as ParticipantProcess, running: participant, show, asked }
}

function cast() {
  const pace = createPace()
  const [boss, alice] = [shown('supervisor'), shown('alice')]
  for (const { participant } of [boss, alice]) pace.watch(participant)
  return { pace, boss, alice }
}

describe('a block waits', () => {
  it('for everybody to see the last one, for a due tick, and for clients to have the tick of that block; overviews are not asked for', () => {
    const { pace, boss, alice } = cast()
    expect(alice.asked).toEqual([['pulse', 'log']])
    expect(pace.behind(10)).toEqual(['supervisor', 'alice'])
    boss.show(10, [supervisor(tick(4))])
    alice.show(10, [client(tick(3))])
    expect(pace.behind(10)).toEqual([])
    pace.beforeBlock()
    expect(pace.behind(11)).toEqual(['supervisor', 'alice'])
    boss.show(11, [supervisor(tick(4, 0))])
    alice.show(11, [client(tick(3))])
    expect(pace.behind(11)).toEqual(['supervisor', 'alice'])
    boss.show(11, [supervisor(tick(5))])
    expect(pace.behind(11)).toEqual(['alice'])
    alice.show(11, [client(tick(4))])
    expect(pace.behind(11)).toEqual([])
  })

  it('for the first tick too, once enough servers have accepted', () => {
    const { pace, boss, alice } = cast()
    alice.show(10, [client(null)])
    boss.show(10, [supervisor(tick(0, 0, 'waiting for servers'), 'gathering')])
    expect(pace.behind(10)).toEqual([])
    boss.show(10, [supervisor(tick(0, 0, 'beginning'), 'gathering')])
    expect(pace.behind(10)).toEqual(['supervisor'])
    boss.show(10, [supervisor(tick(0, 1, 'beginning'), 'gathering')])
    pace.beforeBlock()
    expect(pace.behind(10)).toEqual([])
    boss.show(10, [supervisor(tick(0))])
    expect(pace.behind(10)).toEqual([])
  })

  it('for a tick whose block was replaced no longer, because only a further block can anchor it again', () => {
    const { pace, boss, alice } = cast()
    boss.show(10, [supervisor(tick(4))])
    pace.beforeBlock()
    boss.show(12, [supervisor(tick(4))])
    alice.show(12, [client(tick(3))])
    expect(pace.behind(12)).toEqual(['alice'])
    pace.replaced()
    expect(pace.behind(12)).toEqual([])
    pace.beforeBlock()
    expect(pace.behind(12)).toEqual(['alice'])
  })

  it('for nobody whose process has ended, or whose wallet is closed', () => {
    const { pace, boss, alice } = cast()
    boss.show(10, [supervisor(tick(4))])
    alice.show(0, [], 'locked')
    expect(pace.behind(10)).toEqual([])
    alice.show(9, [], 'open')
    expect(pace.behind(10)).toEqual(['alice'])
    alice.running.running = false
    expect(pace.behind(10)).toEqual([])
  })
})

/** Alice uses the app that runs, beside what else each of these has her take part in. */
const stand = (beside: Beat[]) => {
  const { pace, boss, alice } = cast()
  const show = (height: number, ticks: [supervised: number, used: number]): void => {
    boss.show(height, [supervisor(tick(ticks[0]))])
    alice.show(height, [client(tick(ticks[1])), ...beside])
  }
  return { pace, show }
}

describe('an engagement beside the app that runs', () => {
  it.each<[string, Beat]>([
    ['an app of hers that has no servers', supervisor(tick(0, 0, 'waiting for servers'), 'gathering', 'other')],
    ['one whose offer is in no block yet', supervisor(tick(0, 0, 'waiting for servers'), 'offered', 'other')],
    ['one that was retired', supervisor(tick(7, 0), 'revoked', 'other')],
    ['one of which somebody else publishes ticks', supervisor(tick(7, 0), 'usurped', 'other')],
    ['one that takes ticks back', supervisor(tick(7, 0), 'resuming', 'other')],
    ['one that her wallet cannot pay for', supervisor(tick(7, 0, 'sleeping', true), 'sleeping', 'other')],
    ['an app that she uses and nobody here supervises', client(tick(7, 0), 'far away')],
    ['an app of which she has no tick yet', client(null, 'other')],
    ['an app on whose tick nobody goes on', client(tick(2, 0, 'running', true))],
    ['a job', server('other')],
  ])('%s holds no block', (_, beside) => {
    const { pace, show } = stand([beside])
    show(10, [4, 3])
    expect(pace.behind(10)).toEqual([])
    pace.beforeBlock()
    show(11, [4, 4])
    expect(pace.behind(11)).toEqual([])
  })

  it.each<[string, Beat]>([
    ['an app of hers whose tick is due', supervisor(tick(7, 0), 'ticking', 'other')],
    ['one that sleeps and is due', supervisor(tick(7, 0, 'sleeping'), 'sleeping', 'other')],
    ['one whose first tick is due', supervisor(tick(0, 0, 'beginning'), 'gathering', 'other')],
    ['another client of the app that has not the tick of the last block', client(tick(3))],
  ])('%s holds blocks, though all else is done', (_, beside) => {
    const { pace, show } = stand([beside])
    show(10, [4, 4])
    pace.beforeBlock()
    show(11, [4, 4])
    expect(pace.behind(11)).toEqual(['alice'])
  })

  it('each app has a tick of its own that its clients are to have', () => {
    const pace = createPace()
    const [boss, alice] = [shown('supervisor'), shown('alice')]
    for (const { participant } of [boss, alice]) pace.watch(participant)
    boss.show(10, [supervisor(tick(40)), supervisor(tick(2), 'ticking', 'young')])
    pace.beforeBlock()
    boss.show(11, [supervisor(tick(40)), supervisor(tick(2), 'ticking', 'young')])
    alice.show(11, [client(tick(40)), client(tick(1), 'young')])
    expect(pace.behind(11)).toEqual(['alice'])
    alice.show(11, [client(tick(40)), client(tick(2), 'young')])
    expect(pace.behind(11)).toEqual([])
    alice.show(11, [client(tick(39)), client(tick(2), 'young')])
    expect(pace.behind(11)).toEqual(['alice'])
  })
})
