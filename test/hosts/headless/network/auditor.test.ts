/** What an audit says of nodes that are of no use to it: the cause, at once. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createEmbeddedNode, createRpcServer } from '../../../../main/adapters/chain/index.ts'
import { auditFresh } from '../../../../main/hosts/headless/network/auditor.ts'
import { startTracker } from '../../../../main/adapters/torrent/tracker.ts'
import { bitcoindAvailable, startBitcoind } from '../../../tools/bitcoind.ts'
import { createActor } from '../../../conformance/chain-actor.ts'

const ends: Array<() => unknown> = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const audit = (
  url: string,
  more: { password?: string; user?: string; network?: 'regtest' | 'signet'; app?: string; trackers?: string[] } = {},
) => {
  const { password = 'p', user = 'u', network = 'regtest', app, trackers = [] } = more
  const chain = { url, user, password, backend: 'bitcoind' as const, network }
  return auditFresh({ chain, trackers, ...(app === undefined ? {} : { app }), output: () => undefined })
}
const refused = (code: string, message: RegExp) => ({ ok: false, error: { code, message: expect.stringMatching(message) } })

const GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'

/** A node that answers so to `getblockchaininfo`, and knows regtest's first block. */
async function odd(status: number, result: unknown, error: unknown = null): Promise<string> {
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const answer = body.includes('"getblockhash"') ? GENESIS : result
      response.writeHead(status).end(status === 200 ? JSON.stringify({ result: answer, error, id: 1 }) : '')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function embedded(blocks: number): Promise<string> {
  const node = createEmbeddedNode()
  if (blocks > 0) node.mine(blocks, createActor(31).script)
  const server = await createRpcServer(node, { port: 0, user: 'u', password: 'p' })
  ends.push(server.close)
  return server.url
}

const info = { chain: 'regtest', blocks: 900, headers: 900, bestblockhash: 'ab'.repeat(32), initialblockdownload: false }

describe('an audit says at once what is wrong with its node', () => {
  it('a port at which nothing is', async () => {
    const url = await odd(200, info)
    await ends.pop()!()
    expect(await audit(url)).toMatchObject(
      refused('chain.unreachable', /no node answers at http:\/\/127\.0\.0\.1:\d+ \(ECONNREFUSED\): start it/),
    )
  })

  it('an address of another form', async () => {
    expect(await audit('localhost:18443')).toMatchObject(refused('chain.address', /has to be http:\/\/host:port, .* not «localhost:18443»/))
    expect(await audit('https://node:8332')).toMatchObject(refused('chain.address', /speaks no TLS/))
  })

  it('a wrong password, and a user who is not let', async () => {
    expect(await audit(await embedded(3), { password: 'wrong' })).toMatchObject(
      refused('chain.auth', /refuses user and password .*rpcpassword/),
    )
    expect(await audit(await odd(403, null))).toMatchObject(refused('chain.forbidden', /-rpcwhitelist .*getblock/))
  })

  it('another network, a node that starts, one that catches up, one that is pruned', async () => {
    expect(await audit(await embedded(3), { network: 'signet' })).toMatchObject(refused('chain.network', /on «regtest», not on signet/))
    expect(await audit(await odd(200, null, { code: -28, message: 'Loading block index…' }))).toMatchObject(
      refused('chain.busy', /the node is starting: Loading block index…/),
    )
    expect(await audit(await odd(200, { ...info, headers: 1000, initialblockdownload: true }))).toMatchObject(
      refused('chain.syncing', /catching up, block 900 of 1000/),
    )
    expect(await audit(await odd(200, { ...info, pruned: true, pruneheight: 289 }))).toMatchObject(
      refused('audit.pruned', /has pruned the blocks 1 to 288: name a node that keeps them/),
    )
  })

  it('an empty chain', async () => {
    expect(await audit(await embedded(0))).toMatchObject(refused('audit.empty-chain', /has no block after its first/))
  })
})

it('no offer on the chain is said once the chain is read to its tip and nothing more comes', async () => {
  const tracker = await startTracker({ host: '127.0.0.1', port: 0, intervalMs: 2_000 })
  ends.push(tracker.close)
  expect(await audit(await embedded(3), { trackers: [tracker.announceUrl] })).toMatchObject(
    refused('audit.no-app', /^No app with a tick was found on the chain up to block 3: no job offer came\./),
  )
})

// Without one, `bitcoindAvailable` says what is missing; with GOLEM_REQUIRE_BITCOIND=1 that is a failure.
const { command } = bitcoindAvailable()
describe.skipIf(command === undefined)('of a real bitcoind', () => {
  let stop: () => Promise<void> = () => Promise.resolve()
  afterAll(() => stop())
  it('an empty chain, a wrong password, a user with an -rpcwhitelist, and a pruned node are told apart', async () => {
    // What -rpcauth makes of «reader» and «reader-password», by share/rpcauth/rpcauth.py.
    const { createHmac } = await import('node:crypto')
    const auth = `-rpcauth=reader:00ff$${createHmac('sha256', '00ff').update('reader-password').digest('hex')}`
    const node = await startBitcoind({
      args: [auth, '-rpcwhitelist=reader:getblockchaininfo,getblockhash', '-rpcwhitelistdefault=0', '-prune=1', '-fastprune=1'],
    })
    stop = node.stop
    const own = { user: node.user, password: node.password }
    expect(await audit(node.url, own)).toMatchObject(refused('audit.empty-chain', /no block after its first/))
    expect(await audit(node.url, { ...own, password: 'x' })).toMatchObject(refused('chain.auth', /HTTP 401/))
    const call = async (method: string, ...params: unknown[]) => {
      const authorization = `Basic ${Buffer.from(`${own.user}:${own.password}`).toString('base64')}`
      const answer = await fetch(node.url, { method: 'POST', headers: { authorization }, body: JSON.stringify({ method, params, id: 1 }) })
      return (await answer.json()) as { result: unknown; error: unknown }
    }
    expect(await call('generatetodescriptor', 5, 'raw(51)')).toMatchObject({ error: null })
    // The node lets this user ask for its state and hashes only, so the first block is what fails.
    expect(await audit(node.url, { user: 'reader', password: 'reader-password' })).toMatchObject(
      refused('audit.chain', /forbids getblock\w* \(HTTP 403\).*-rpcwhitelist/),
    )
    expect(await call('generatetodescriptor', 1000, 'raw(51)')).toMatchObject({ error: null })
    expect(await call('pruneblockchain', 700)).toMatchObject({ error: null })
    expect(await audit(node.url, own)).toMatchObject(refused('audit.pruned', /has pruned the blocks 1 to \d+/))
  })
})
