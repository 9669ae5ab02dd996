/** What a command line gets wrong is told in its own words: options, not fields of the node's commands. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readArguments } from '../../../../main/contract/arguments.ts'
import { startNode, type NodeDouble } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

const RATE = '--fee-rate must be a number of sat per vbyte from 0.1 to 1000, not'

describe('An argument that cannot be', () => {
  it.each<[string[], string]>([
    [['publish', 'update', '--title', 'x'.repeat(81)], '--title must be text of 1 to 80 characters, not «xxx'],
    [['bump', 'abcd', '--fee-rate', '0'], `${RATE} «0»`],
    [['wallet', 'send', 'bcrt1q', '5', '--fee-rate', '1001'], `${RATE} «1001»`],
    [['wallet', 'bump', 'abcd', '--fee-rate', '0.01'], `${RATE} «0.01»`],
  ])('is refused before anything is sent: %j', async (args, message) => {
    const ended = await node.golem(args)
    expect(ended.err).toContain(message)
    expect(ended.code).toBe(2)
    expect(node.calls).toEqual([])
  })

  it('and that the node refuses is named as the option that was typed, without the command of the node', async () => {
    const refused = readArguments('page.arguments', 'wallet.send', { to: 'bcrt1q', amount: 5, feeRate: 0.01, dry: true })
    expect(refused).toMatchObject({ error: { message: expect.stringContaining('wallet.send: feeRate') as unknown } })
    node.script['wallet.send'] = () => refused
    const ended = await node.golem(['wallet', 'send', 'bcrt1q', '5', '--fee-rate', '0.5'])
    expect(ended.err).toContain('--fee-rate has to be a number from 0.1 to 1000 or null, not 0.01. Correct it, and send it again.')
    expect(ended.err).not.toMatch(/wallet\.send|feeRate/)
  })
})
