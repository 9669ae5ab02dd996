import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { must } from '../../roles/protocol/result.ts'
import { bitcoindAvailable, startBitcoind } from './bitcoind.ts'
import { createNamespaces, namespacesAvailable, namespacesMissing, type Namespaces } from './namespaces.ts'
import { ip, namesOf, startOf } from './namespaces/ip.ts'
import { startPeer, type Peer } from './namespaces/peer.ts'

const here = namespacesAvailable()
const { command } = bitcoindAvailable()
const LONG_MS = 600_000

// Skipped without root, Linux or iproute2: `namespacesAvailable` says which.
describe.skipIf(!here)('five computers on one machine', () => {
  const folder = mkdtempSync(join(tmpdir(), 'golem-namespaces-'))
  let world: Namespaces
  let peers: Peer[]
  beforeAll(() => {
    world = createNamespaces(5)
    peers = world.nodes.map((node) => startPeer(node))
  })
  afterAll(async () => {
    await world.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('have private addresses of their own and reach each other by our transport', async () => {
    const [first, ...others] = world.nodes.map(({ address }) => address)
    expect(new Set([world.host, first, ...others]).size).toBe(6)
    expect(first).toMatch(/^10(\.\d+){3}$/)
    const port = must(await peers[0]!.serve(first!))
    for (const [at, address] of others.entries())
      expect(must(await peers[at + 1]!.post(first!, port, 'hello', LONG_MS))).toBe(`${first} got hello at /hello from ${address}`)
  })

  it('fetch a torrent of one of them by our swarm, with nobody between', async () => {
    const opened = await Promise.all(peers.map((peer, at) => peer.swarm({ folder: join(folder, String(at)) })))
    const { infohash } = must(await peers[0]!.seed('{"from":"the first"}'))
    const known = [`${world.nodes[0]!.address}:${must(opened[0]!).port}`]
    const fetched = await Promise.all(peers.slice(1).map((peer) => peer.fetch(infohash, LONG_MS, known)))
    expect(fetched.map(must)).toEqual(Array(4).fill('{"from":"the first"}'))
  })

  it('have a loopback that nobody else sees', async () => {
    const port = must(await peers[1]!.serve('127.0.0.1'))
    expect(must(await peers[1]!.post('127.0.0.1', port, 'me', LONG_MS))).toContain('got me')
    expect(await peers[2]!.post('127.0.0.1', port, 'me', LONG_MS)).toMatchObject({ ok: false, error: { code: 'transport.unreachable' } })
  })

  it('are cut off and joined again without being told', async () => {
    const { address } = world.nodes[3]!
    const port = must(await peers[3]!.serve(address))
    world.nodes[3]!.cut()
    // No refusal comes, only silence: what can be waited for is the end of a short patience, however long that takes.
    const [within, outside] = await Promise.all([peers[3]!.post(address, port, 'a', LONG_MS), peers[4]!.post(address, port, 'b', 500)])
    expect(within.ok).toBe(true)
    expect(outside).toMatchObject({ ok: false, error: { code: expect.stringMatching(/^transport\.(timeout|unreachable)$/) } })
    world.nodes[3]!.mend()
    expect(must(await peers[4]!.post(address, port, 'c', LONG_MS))).toContain('got c')
  })

  it.skipIf(command === undefined)('share a bitcoind that listens on the bridge', async () => {
    const bitcoind = await startBitcoind({ args: [`-rpcbind=${world.host}`, `-rpcallowip=${world.subnet}`] })
    const url = bitcoind.url.replace('127.0.0.1', world.host)
    const tips = await Promise.all(peers.map((peer) => peer.tip({ ...bitcoind, url })))
    await bitcoind.stop()
    expect(tips.map(must).map(({ height }) => height)).toEqual([0, 0, 0, 0, 0])
  })
})

// Skipped without root, Linux or iproute2: `namespacesAvailable` says which.
describe.skipIf(!here)('network namespaces of tests', () => {
  it('end with what runs in them', async () => {
    const world = createNamespaces(2)
    const sleeper = world.nodes[0]!.spawn('sleep', ['1000'])
    await once(sleeper, 'spawn')
    await world.close()
    expect(sleeper.signalCode).toBe('SIGKILL')
    expect(namesOf(process.pid)).toEqual([])
  })

  it('of a run that was killed are taken down by the next, and those of one that runs stay', async () => {
    const mine = createNamespaces(1)
    const source = `import { createNamespaces } from '${join(import.meta.dirname, 'namespaces.ts')}'
      createNamespaces(2).nodes[0].spawn('sleep', ['1000']).once('spawn', () => console.log('made'))`
    const run = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(run.stdout, 'data')
    const left = namesOf(run.pid!)
    expect(left).toHaveLength(3)
    run.kill('SIGKILL')
    await once(run, 'exit')
    const next = createNamespaces(1)
    expect(namesOf(run.pid!)).toEqual([])
    expect(() => ip([`link show gm${run.pid}-0`])).toThrow('does not exist')
    // This run's two worlds, with a bridge and a computer each.
    expect(namesOf(process.pid)).toHaveLength(4)
    await Promise.all([mine.close(), next.close()])
  })
})

describe('a machine without network namespaces', () => {
  it('says in a sentence what is missing', () => {
    const before = process.env['GOLEM_IP']
    process.env['GOLEM_IP'] = '/no/such/ip'
    const missing = namespacesMissing()
    if (before === undefined) delete process.env['GOLEM_IP']
    else process.env['GOLEM_IP'] = before
    expect(missing).toMatch(
      process.platform === 'linux' && process.getuid?.() === 0 ? /\/no\/such\/ip.*correct or unset it/ : /of Linux|need root/,
    )
  })

  it.skipIf(process.platform !== 'linux')('knows a process by its pid and its beginning', () => {
    expect(startOf(process.pid)).toMatch(/^\d+$/)
    expect(startOf(2 ** 22 + 1)).toBeUndefined()
  })
})
