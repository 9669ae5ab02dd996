/** An app that is named by a link before the chain was read that far. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fail, ok } from '../../../../roles/protocol/result.ts'
import { startNode, type NodeDouble } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

describe('a command', () => {
  it('of an app that no block has so far says how far the chain was read, and asks again until it is known', async () => {
    const unread = fail('offer.unread', 'not yet', { at: 5, of: 20 })
    const answers = [{ ...unread, error: { ...unread.error, retryable: true } }, ok({ id: '1a'.repeat(32) })]
    node.script['use'] = () => answers.shift() ?? fail('engagement.none', 'no such app')
    const used = await node.golem(['use', 'golem:regtest/ab'])
    expect(used).toMatchObject({ code: 0, err: 'looks for the app: block 5 of 20 (25 %)\n' })
    expect(await node.golem(['use', 'golem:regtest/ab'])).toMatchObject({ code: 1, err: expect.stringContaining('[engagement.none]') })
  })
})
