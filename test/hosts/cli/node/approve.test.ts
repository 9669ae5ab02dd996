/** `golem approve` and its neighbours where there is nothing to approve: nothing is published, and why is said. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RequestView } from '../../../../main/contract/index.ts'
import { ok } from '../../../../roles/protocol/result.ts'
import { OVERVIEW, requestView, startNode, type NodeDouble } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

const asked = requestView({
  writes: [{ collection: 'votes', key: 'dd'.repeat(32), fields: { choice: 'cats' }, explained: {}, flags: [], rules: [] }],
})

describe('a request', () => {
  it.each<[RequestView['state'], string]>([
    ['signed', 'It was approved before, with transaction ffff'],
    ['counted', 'It was approved before, with transaction ffff'],
    ['failed', 'golem again 3c3c3c3c'],
    ['sending', 'golem requests 3c3c3c3c'],
  ])('that is %s is not approved, and not shown as if it were to be: %s', async (state, next) => {
    node.script.overview = () => ok({ ...OVERVIEW, requests: [{ ...asked, state, txid: 'ff'.repeat(32) }] })
    node.script['use.approve'] = () => ok({ txid: 'ff'.repeat(32) })
    const ended = await node.golem(['approve', '3c3c', '--yes'])
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining(next) })
    expect(ended.err).toContain('[client.phase]')
    expect(ended.err).not.toContain('would write')
    expect(node.calls.map(({ name }) => name)).toEqual(['overview'])
    const shown = (await node.golem(['requests', '3c3c'])).out
    if (state === 'counted') expect(shown).toContain('\nwrote votes dddddddd, for everybody to read:')
  })

  it.each([['requests'], ['requests', '3c3c'], ['approve', '3c3c'], ['refuse'], ['again', '3c3c']])(
    'of a node whose wallet is locked is not said to be none: %s %s',
    async (...args) => {
      node.show({ node: { ...OVERVIEW.node, wallet: 'locked' } })
      expect(await node.golem(args)).toEqual({
        code: 1,
        out: '',
        err: 'Requests are shown while the wallet is open; it is locked: golem wallet unlock [wallet.locked]\n',
      })
    },
  )
})
