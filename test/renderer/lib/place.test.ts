import { expect, it } from 'vitest'
import { hashOf, nodeIn } from '../../../renderer/lib/place.ts'

it.each(['mine', 'server-3', 'a/b?c=d&node=e #1', 'Zoë 100%'])('the hash of an address names a node, whatever its id: %s', (id) => {
  expect(nodeIn(hashOf(id))).toBe(id)
})

it.each(['', '#', '#main', '#node=', '#other=1'])('a hash that names none is none: «%s»', (hash) => {
  expect(nodeIn(hash)).toBeNull()
})
