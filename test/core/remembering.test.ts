import { expect, it } from 'vitest'
import { remembering } from '../../main/core/remembering.ts'

it('works an answer out once, forgets the least recently used, and asks again for what was missing', () => {
  const asked: string[] = []
  const there = new Set(['a', 'b', 'c'])
  const of = remembering(2, (key) => {
    asked.push(key)
    return there.has(key) ? { key } : null
  })
  const first = of('a')
  expect(of('a')).toBe(first)
  of('b')
  of('a')
  of('c')
  of('a')
  of('b')
  expect(of('d')).toBeNull()
  there.add('d')
  expect(of('d')).toEqual({ key: 'd' })
  expect(asked).toEqual(['a', 'b', 'c', 'b', 'd', 'd'])
})
