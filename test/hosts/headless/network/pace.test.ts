import { expect, it } from 'vitest'
import { createPace } from '../../../../main/hosts/headless/network/pace.ts'
import type { ParticipantProcess } from '../../../../main/hosts/headless/network/process.ts'

/** A participant that shows what a test says. */
function shown(name: string, role: 'supervisor' | 'client') {
  let listener: (event: string, payload: unknown) => void = () => undefined
  const participant = {
    name,
    running: true,
    subscribe: (hear: typeof listener) => ((listener = hear), () => undefined),
    call: () => new Promise(() => undefined),
  }
  const show = (height: number, tick: number, blocksLeft = 3, state = 'running'): void =>
    listener('overview', {
      chain: { height },
      engagements: [{ role, state: 'ticking', ...(role === 'supervisor' && { tick: { number: tick, state, blocksLeft } }) }],
      apps: role === 'client' ? [{ tick: { number: tick, state, blocksLeft } }] : [],
    })
  return { participant: participant as unknown as ParticipantProcess, running: participant, show }
}

function cast() {
  const pace = createPace()
  const [supervisor, alice] = [shown('supervisor', 'supervisor'), shown('alice', 'client')]
  for (const { participant } of [supervisor, alice]) pace.watch(participant)
  return { pace, supervisor, alice }
}

it('a block waits for everybody to see the last one, for a due tick, and for clients to have the tick of that block', () => {
  const { pace, supervisor, alice } = cast()
  expect(pace.behind(10)).toEqual(['supervisor', 'alice'])
  supervisor.show(10, 4)
  alice.show(10, 3)
  expect(pace.behind(10)).toEqual([])
  pace.beforeBlock()
  expect(pace.behind(11)).toEqual(['supervisor', 'alice'])
  supervisor.show(11, 4, 0)
  alice.show(11, 3)
  expect(pace.behind(11)).toEqual(['supervisor', 'alice'])
  supervisor.show(11, 5)
  expect(pace.behind(11)).toEqual(['alice'])
  alice.show(11, 4)
  expect(pace.behind(11)).toEqual([])
})

it('a block waits for the first tick too, once enough servers have accepted', () => {
  const { pace, supervisor, alice } = cast()
  alice.show(10, 0, 0, 'waiting for servers')
  supervisor.show(10, 0, 0, 'waiting for servers')
  expect(pace.behind(10)).toEqual([])
  supervisor.show(10, 0, 0, 'beginning')
  expect(pace.behind(10)).toEqual(['supervisor'])
  supervisor.show(10, 0, 1, 'beginning')
  pace.beforeBlock()
  expect(pace.behind(10)).toEqual([])
  supervisor.show(10, 0)
  expect(pace.behind(10)).toEqual([])
})

it('a tick whose block was replaced is waited for no longer, because only a further block can anchor it again', () => {
  const { pace, supervisor, alice } = cast()
  supervisor.show(10, 4)
  pace.beforeBlock()
  supervisor.show(12, 4)
  alice.show(12, 3)
  expect(pace.behind(12)).toEqual(['alice'])
  pace.replaced()
  expect(pace.behind(12)).toEqual([])
  pace.beforeBlock()
  expect(pace.behind(12)).toEqual(['alice'])
})

it('nobody waits for a participant whose process has ended', () => {
  const { pace, supervisor, alice } = cast()
  supervisor.show(10, 4)
  alice.running.running = false
  expect(pace.behind(10)).toEqual([])
})
