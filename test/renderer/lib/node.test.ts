import { describe, expect, it } from 'vitest'
import type { EngagementView, NodeView } from '../../../main/contract/index.ts'
import { appIsComing, nothingHere } from '../../../renderer/lib/node.ts'

const node = (network: string): NodeView => ({ name: 'mine', network, wallet: 'open', balance: 0, problems: [] })
const one = (role: EngagementView['role']): EngagementView => ({
  id: 'a',
  role,
  name: 'mine',
  app: null,
  title: '',
  key: null,
  state: '',
  detail: '',
  balance: 0,
  online: true,
})

describe('whether an app is on its way', () => {
  it.each([
    ['a play network that starts', node('sandbox'), [], true],
    ['a play network without a sandbox, where one node publishes', node('regtest'), [one('supervisor')], false],
    ['a node that began to use one', node('mainnet'), [one('client')], true],
    ['a node of a real network that takes part in nothing', node('mainnet'), [], false],
    ['a node that is locked', { ...node('sandbox'), wallet: 'locked' as const }, [one('client')], false],
    ["a sandbox's node that only hosts", node('sandbox'), [one('server')], false],
  ])('%s', (_, view, engagements, coming) => {
    expect(appIsComing({ node: view, engagements })).toBe(coming)
  })
})

describe('an empty list of engagements', () => {
  it('does not say that there are none while the wallet is locked, and says what opens it', () => {
    expect(nothingHere('locked')).toContain('goes on, once the wallet is unlocked: golem wallet unlock')
    expect(nothingHere('locked')).not.toContain('yet')
    expect(nothingHere('open')).toBe('Nothing is supervised, hosted or used here yet.')
  })
})
