import { describe, expect, it } from 'vitest'
import { GAP } from '../../../main/contract/changes.ts'
import { ok } from '../../../main/core/index.ts'
import { createDoors } from '../../../main/hosts/sandbox/doors.ts'
import type { ParticipantProcess } from '../../../main/hosts/headless/network/process.ts'

type Listener = (event: string, payload: unknown) => void
const BOTH = ['changed', 'log'] as const

/** A node that says which one it is. */
function participant(name: string, height: number) {
  const listeners = new Map<Listener, readonly string[]>()
  const one = {
    name,
    running: true,
    call: async (command: string) => ok({ command, height }),
    subscribe: (wanted: readonly string[], listener: Listener) => (listeners.set(listener, wanted), () => void listeners.delete(listener)),
  }
  return {
    one,
    listeners,
    process: one as unknown as ParticipantProcess,
    emit: (event: string) => listeners.forEach((_, hear) => hear(event, height)),
  }
}

describe('the doors of the sandbox', () => {
  it('show all nodes in their order before any of them runs: one that starts says so, and does nothing yet', async () => {
    const [you, bob] = createDoors(['you', 'bob']).list()
    expect([you!.id, bob!.id]).toEqual(['you', 'bob'])
    expect(await bob!.core.call('overview', {})).toMatchObject({
      value: { node: { name: 'bob', network: 'sandbox' }, chain: { available: false, reason: 'starting' }, engagements: [] },
    })
    expect(await bob!.core.call('log', { limit: 5 })).toEqual(ok([]))
    expect(await bob!.core.call('wallet.receive', {})).toMatchObject({ ok: false, error: { code: 'core.starting', retryable: true } })
  })

  it('lead to the node, and after it ended to the one that takes its place; whoever listened goes on listening', async () => {
    const doors = createDoors(['you', 'bob'])
    const { core } = doors.list()[1]!
    const heard: unknown[] = []
    const stop = core.subscribe(BOTH, (event, payload) => heard.push([event, payload]))
    const before = participant('bob', 7)
    doors.add(before.process)
    expect(heard).toEqual([['changed', GAP]])
    expect([...before.listeners.values()]).toEqual([BOTH])
    before.emit('log')
    expect(await core.call('log', { limit: 1 })).toEqual(ok({ command: 'log', height: 7 }))
    before.one.running = false
    expect(await core.call('wallet.receive', {})).toMatchObject({ error: { code: 'core.starting' } })
    const after = participant('bob', 8)
    doors.add(after.process)
    after.emit('log')
    expect(heard.slice(1)).toEqual([
      ['log', 7],
      ['changed', GAP],
      ['log', 8],
    ])
    stop()
    expect(after.listeners.size).toBe(0)
    expect(doors.list()[1]!.core).toBe(core)
  })

  it('ask a node for nothing that nobody wants: who listens for lines alone hears of no gap', () => {
    const doors = createDoors(['you'])
    const heard: unknown[] = []
    doors.list()[0]!.core.subscribe(['log'], (...told) => heard.push(told))
    const you = participant('you', 9)
    doors.add(you.process)
    expect([heard, [...you.listeners.values()]]).toEqual([[], [['log']]])
  })

  it('say why a node takes no part, until it does', async () => {
    const doors = createDoors(['you'])
    const { core } = doors.list()[0]!
    doors.absent({ name: 'you', role: 'client', why: 'The database is damaged.' })
    expect(await core.call('overview', {})).toMatchObject({
      ok: false,
      error: { code: 'sandbox.absent', message: 'The database is damaged.' },
    })
    doors.add(participant('you', 9).process)
    expect(await core.call('overview', {})).toMatchObject({ ok: true })
  })
})
