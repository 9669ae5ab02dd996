import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CONTRACT } from '../../../../main/contract/index.ts'
import type { SandboxView } from '../../../../main/contract/sandbox.ts'
import { readAccess, writeAccess } from '../../../../main/hosts/terminal/access-file.ts'
import { failForNow, must, ok } from '../../../../roles/protocol/result.ts'
import { startNode, type NodeDouble } from './world.ts'

let node: NodeDouble
let view: SandboxView

beforeEach(async () => {
  node = await startNode('sandbox')
  view = { state: 'running', blockMs: 2_000, out: [] }
  node.script['sandbox.status'] = () => ok(view)
  node.script['sandbox.mine'] = () => ok(view)
  node.script['sandbox.pace'] = ({ blockMs }: { blockMs: number }) => ok((view = { ...view, blockMs }))
  node.script['sandbox.nodes'] = () => ok(['you', 'bob'].map((id) => ({ id, name: id })))
})
afterEach(() => node.close())

describe('golem sandbox', () => {
  it('says how fast blocks come and who takes no part', async () => {
    expect(await node.golem(['sandbox', 'status'])).toEqual({
      code: 0,
      out: 'A block comes every 2 seconds, once everybody has taken in the last.\n',
      err: '',
    })
    view = { state: 'starting', blockMs: 0, out: [{ name: 'server-2', why: 'damaged\u001b[2J' }] }
    expect((await node.golem(['sandbox', 'status'])).out).toBe(
      'The sandbox is starting.\nTime stands still: golem sandbox mine makes a block.\nserver-2 takes no part: damaged[2J\n',
    )
    expect(JSON.parse((await node.golem(['sandbox', 'status', '--json'])).out)).toEqual({ ok: true, value: view })
  })

  it('makes one block, or as many as are asked for', async () => {
    expect(await node.golem(['sandbox', 'mine'])).toMatchObject({ code: 0 })
    expect(await node.golem(['sandbox', 'mine', '20'])).toMatchObject({ code: 0 })
    expect(node.calls).toEqual([1, 20].map((blocks) => ({ name: 'sandbox.mine', args: { blocks } })))
    for (const blocks of ['0', '21', 'all', '1.5', '1e1'])
      expect(await node.golem(['sandbox', 'mine', blocks])).toMatchObject({
        code: 2,
        err: expect.stringContaining(`The number of blocks must be 1 to 20, not «${blocks}».`),
      })
    expect(node.calls).toHaveLength(2)
  })

  it.each([
    ['0', 'Time stands still: golem sandbox mine makes a block.\n'],
    ['50', 'A block comes every 50 milliseconds, once everybody has taken in the last.\n'],
    ['1000', 'A block comes every second, once everybody has taken in the last.\n'],
  ])('changes the pace to %s', async (pace, out) => {
    expect(await node.golem(['sandbox', 'pace', pace])).toEqual({ code: 0, out, err: '' })
    expect(node.calls).toEqual([{ name: 'sandbox.pace', args: { blockMs: Number(pace) } }])
  })

  it.each(['49', '3600001', 'fast'])('takes no pace of %s', async (pace) => {
    expect(await node.golem(['sandbox', 'pace', pace])).toMatchObject({
      code: 2,
      err: expect.stringContaining('The milliseconds must be 0 or 50 to 3600000'),
    })
    expect(node.calls).toEqual([])
  })

  it('lists the nodes with their folders, whichever of them is asked', async () => {
    const listed = `node  its folder\nyou   ${join(node.folder, 'you')}\nbob   ${join(node.folder, 'bob')}\n`
    expect((await node.golem(['sandbox', 'nodes'])).out).toBe(listed)
    const bob = join(node.folder, 'bob')
    mkdirSync(bob)
    const { url, token, pid } = must(readAccess(node.folder))!
    must(writeAccess(bob, { url, token, pid, network: 'sandbox', contract: CONTRACT, node: 'bob' }))
    expect((await node.golem(['sandbox', 'nodes', '--folder', bob])).out).toBe(listed)
  })

  it('is refused by a node that is in none, and hands on what the sandbox refuses', async () => {
    node.script['sandbox.mine'] = () => failForNow('sandbox.starting', 'The sandbox is still starting.')
    expect(await node.golem(['sandbox', 'mine'])).toEqual({ code: 1, out: '', err: 'The sandbox is still starting. [sandbox.starting]\n' })
    const other = await startNode('signet')
    expect(await other.golem(['sandbox', 'status'])).toMatchObject({ code: 1, err: expect.stringContaining('is on signet') })
    expect(other.calls).toEqual([])
    await other.close()
  })

  it('that does not run is started by npm start, whichever of its folders is named, and by whichever name it has', async () => {
    const told = 'Start it in another terminal: npm start, with the options of the last time, in the folder of Golem [node.absent]\n'
    rmSync(join(node.folder, 'access.json'))
    expect((await node.golem(['status', '--network', 'sandbox'])).err).toBe(`No node runs in ${node.folder}. ${told}`)
    const mine = join(node.home, 'mine')
    mkdirSync(join(mine, 'bob'), { recursive: true })
    expect((await node.golem(['status', '--folder', mine])).err).toContain(`golem node --folder ${mine}`)
    writeFileSync(join(mine, 'network.json'), '{}')
    for (const folder of [mine, join(mine, 'bob')]) expect((await node.golem(['status', '--folder', folder])).err).toContain(told)
  })
})
