import { expect, it } from 'vitest'
import { createMovement } from '../../../../main/hosts/headless/network/movement.ts'

it('a changed pulse and a new line move something; what is said again, or with another number, does not', () => {
  const movement = createMovement()
  const after = (who: string, event: string, payload: unknown): number => {
    movement.note(who, event, payload)
    return movement.count()
  }
  const line = (message: string) => ({ at: 1, level: 'info', who: 'x', message })
  expect(after('alice', 'pulse', { height: 1 })).toBe(1)
  expect(after('alice', 'pulse', { height: 1 })).toBe(1)
  expect(after('bob', 'pulse', { height: 1 })).toBe(2)
  expect(after('alice', 'pulse', { height: 2 })).toBe(3)
  expect(after('alice', 'changed', { number: 2 })).toBe(3)
  expect(after('alice', 'log', line('waiting for tick 7'))).toBe(4)
  expect(after('alice', 'log', line('waiting for tick 8'))).toBe(4)
  expect(after('alice', 'log', line('registered'))).toBe(5)
})
