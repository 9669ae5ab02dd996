import { describe, expect, it } from 'vitest'
import { createControl } from '../../../main/hosts/sandbox/control.ts'

/** A network whose blocks and steps are noted. */
function standing() {
  const noted: string[] = []
  const clock = {
    set: async () => undefined,
    hold: async <T>(action: () => Promise<T>) => {
      noted.push('held')
      const done = await action()
      noted.push('let go')
      return done
    },
    settled: async () => (noted.push('settled'), true),
    stop: async () => undefined,
  }
  const time = {
    clock,
    blockMs: 3_000,
    mine: async (blocks: number) => void noted.push(`mined ${blocks}`),
    async setPace(blockMs: number) {
      noted.push(`pace ${blockMs}`)
      time.blockMs = blockMs
    },
  }
  return { noted, network: { time } }
}
const control = () => createControl(2_000, () => [{ id: 'you', name: 'You' }])

describe("the sandbox's own commands", () => {
  it('say that it starts, and refuse to touch time before there is any', async () => {
    const one = control()
    expect(await one.call('sandbox.status', {})).toEqual({ ok: true, value: { state: 'starting', blockMs: 2_000, out: [] } })
    expect(await one.call('sandbox.nodes', {})).toEqual({ ok: true, value: [{ id: 'you', name: 'You' }] })
    for (const [name, args] of [
      ['sandbox.mine', { blocks: 1 }],
      ['sandbox.pace', { blockMs: 0 }],
    ] as const)
      expect(await one.call(name, args)).toMatchObject({ ok: false, error: { code: 'sandbox.starting', retryable: true } })
    expect(await one.call('sandbox.status', {})).toMatchObject({ value: { blockMs: 2_000 } })
  })

  it('make blocks one by one, no regular one in between, each when the last was taken in', async () => {
    const one = control()
    const { network, noted } = standing()
    one.running(network)
    expect(await one.call('sandbox.status', {})).toMatchObject({ value: { state: 'running', blockMs: 3_000 } })
    await Promise.all([one.call('sandbox.mine', { blocks: 2 }), one.call('sandbox.pace', { blockMs: 0 })])
    expect(noted).toEqual(['held', 'settled', 'mined 1', 'settled', 'mined 1', 'settled', 'let go', 'pace 0'])
    expect(await one.call('sandbox.status', {})).toEqual({ ok: true, value: { state: 'running', blockMs: 0, out: [] } })
  })

  it('go on after one that failed', async () => {
    const one = control()
    const { network, noted } = standing()
    one.running({ time: { ...network.time, mine: () => Promise.reject(new Error('no chain')) } })
    await expect(one.call('sandbox.mine', { blocks: 1 })).rejects.toThrow('no chain')
    await one.call('sandbox.pace', { blockMs: 500 })
    expect(noted.at(-1)).toBe('pace 500')
  })

  it('name who takes no part, until it does', async () => {
    const one = control()
    one.absent({ name: 'server-2', role: 'server', why: 'damaged' })
    expect(await one.call('sandbox.status', {})).toMatchObject({ value: { out: [{ name: 'server-2', why: 'damaged' }] } })
    one.started('server-2')
    expect(await one.call('sandbox.status', {})).toMatchObject({ value: { out: [] } })
  })
})
