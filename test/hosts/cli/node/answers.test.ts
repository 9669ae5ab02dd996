/** `golem call` and `approve`: what an app cannot take now is waited for, as its person would. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fail, failForNow, ok } from '../../../../roles/protocol/result.ts'
import { OVERVIEW, requestView, startNode, type NodeDouble } from './world.ts'

const REQUEST = '3c'.repeat(32)
const asked = requestView({
  writes: [{ collection: 'votes', key: 'dd'.repeat(32), fields: { choice: 'cats' }, explained: {}, flags: [], rules: [] }],
  response: { thanks: true },
  fee: 300,
})
let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

describe('A request that the app cannot take now', () => {
  const OTHER = '3d'.repeat(32)
  const at = (number: number) => [{ id: '1a'.repeat(32), tick: { number } }] as never
  const asleep = requestView({ state: 'failed', error: { code: 'client.sleeping', message: 'The app sleeps.', retryable: true } })
  const anew = (): void => {
    node.script['use.request'] = () => ok({ id: REQUEST })
    node.script['use.again'] = () => ok({ id: OTHER })
  }

  it('is asked again with its next tick, and nobody has to look after it', async () => {
    anew()
    node.show({ apps: at(4), requests: [asleep] })
    const answer = node.script.overview!
    let looks = 0
    node.script.overview = () => {
      if (++looks === 2) setTimeout(() => node.show({ apps: at(5), requests: [asleep] }), 1)
      return answer({} as never)
    }
    node.script['use.again'] = () => {
      node.show({ apps: at(5), requests: [asleep, { ...asked, id: OTHER }] })
      return ok({ id: OTHER })
    }
    const { code, out, err } = await node.golem(['call', 'vote'])
    expect([code, err]).toEqual([0, 'The app sleeps.\n'])
    expect(out).toContain('request 3d3d3d3d: vote, review')
    expect(node.calls.filter(({ name }) => name.startsWith('use.'))).toEqual([
      { name: 'use.request', args: { endpoint: 'vote', arguments: {} } },
      { name: 'use.again', args: { id: REQUEST } },
    ])
  })

  it('is left alone with --no-wait', async () => {
    anew()
    node.script.overview = () => ok({ ...OVERVIEW, apps: at(4), requests: [asleep] })
    expect(await node.golem(['call', 'vote', '--no-wait'])).toMatchObject({ code: 0, out: expect.stringContaining('Sent as request') })
    expect(node.calls.map(({ name }) => name)).not.toContain('use.again')
  })

  it('and was approved too late is composed anew, shown and agreed to again', async () => {
    anew()
    node.script.overview = () => ok({ ...OVERVIEW, requests: [asked, { ...asked, id: OTHER }] })
    node.script['use.approve'] = ({ id }: { id: string }) =>
      id === REQUEST ? fail('client.late', 'Too late.') : ok({ txid: 'ff'.repeat(32) })
    const { code, out, err } = await node.golem(['call', 'vote', '--approve'], { typed: ['y', 'y'] })
    expect([code, out]).toEqual([0, expect.stringContaining('Published with transaction ffff')])
    expect(err.match(/would write votes/g)).toHaveLength(2)
    expect((await node.golem(['call', 'vote', '--approve'], { typed: ['y', 'n'] })).code).toBe(1)
  })

  it('and is still being published is waited for', async () => {
    anew()
    node.script['use.approve'] = () => failForNow('client.publishing', 'Stored and being published.')
    node.script.overview = () => ok({ ...OVERVIEW, requests: [asked] })
    expect(await node.golem(['approve', '-y'])).toMatchObject({ code: 0, out: 'Stored and being published.\n' })
    let looks = 0
    node.script.overview = () => ok({ ...OVERVIEW, requests: [looks++ === 0 ? asked : requestView({ state: 'counted', tick: 3 })] })
    expect(await node.golem(['approve', '-y', '-w'])).toMatchObject({ code: 0, out: 'Counted in tick 3.\n' })
  })
})
