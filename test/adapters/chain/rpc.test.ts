import { afterEach, describe, expect, it } from 'vitest'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { Server, ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkRpcAddress, createEmbeddedNode, createRpcChain, createRpcServer } from '../../../main/adapters/chain/index.ts'
import type { RpcChainOptions } from '../../../main/adapters/chain/index.ts'
import { createActor } from '../../conformance/chain-actor.ts'

const log = { log: () => undefined }
const ends: Array<() => Promise<void> | void> = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function connect(url: string, options: Partial<RpcChainOptions> = {}) {
  const chain = createRpcChain({ url, user: 'u', password: 'p', network: 'regtest', pollMs: 20, timeoutMs: 600_000, log, ...options })
  ends.push(chain.close)
  return chain
}

/** A server that answers every call in the same way. */
async function oddNode(answer: (response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer((request, response) => void request.resume().on('end', () => answer(response)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function embedded(): Promise<string> {
  const node = createEmbeddedNode()
  node.mine(3, createActor(31).script)
  const server = await createRpcServer(node, { port: 0, user: 'u', password: 'p' })
  ends.push(server.close)
  return server.url
}

const resultOf = (result: unknown) => (response: ServerResponse) => void response.end(JSON.stringify({ result, error: null, id: 1 }))
const goodTip = { chain: 'regtest', blocks: 5, headers: 5, bestblockhash: 'ab'.repeat(32), initialblockdownload: false }

describe('answers of a node are not believed', () => {
  const cases: Array<[string, (response: ServerResponse) => void, string, RegExp]> = [
    ['without JSON', (response) => void response.end('<html>'), 'chain.answer', /HTTP 200 without JSON/],
    ['of another shape', resultOf([]), 'chain.answer', /getblockchaininfo: field/],
    ['with a field of another type', resultOf({ ...goodTip, blocks: '5' }), 'chain.answer', /getblockchaininfo: field blocks/],
    ['with a malformed hash', resultOf({ ...goodTip, bestblockhash: 'xyz' }), 'chain.answer', /field bestblockhash/],
    ['from another network', resultOf({ ...goodTip, chain: 'main' }), 'chain.network', /«main», not on regtest/],
    [
      'while it starts',
      (response) => void response.end(JSON.stringify({ result: null, error: { code: -28, message: 'Loading' }, id: 1 })),
      'chain.busy',
      /starting/,
    ],
    [
      'while it catches up',
      resultOf({ ...goodTip, headers: 9, initialblockdownload: true }),
      'chain.syncing',
      /^the node is catching up, block 5 of 9: wait/,
    ],
    [
      'cut off',
      (response) => void response.writeHead(200, { 'Content-Length': '100' }).write('{', () => response.destroy()),
      'chain.unreachable',
      /no node answers/,
    ],
    ['that never come', () => undefined, 'chain.timeout', /0\.3 s/],
    ['without end', (response) => void flood(response), 'chain.too-large', /exceeds/],
  ]
  for (const [name, answer, code, message] of cases) {
    it(`${name}: ${code}`, async () => {
      const options = code === 'chain.timeout' ? { timeoutMs: 300 } : {}
      expect(await connect(await oddNode(answer), options).tip()).toMatchObject({
        ok: false,
        error: { code, message: expect.stringMatching(message) },
      })
    })
  }

  it('who asks the same at the same time gets one answer, and who asks later a new one', async () => {
    let calls = 0
    const url = await oddNode((response) => resultOf(calls++ % 2 === 0 ? 'ab'.repeat(32) : '00'.repeat(81))(response))
    const chain = connect(url)
    const [one, other] = await Promise.all([chain.blockAt(1), chain.blockAt(1)])
    expect(one).toMatchObject({ ok: false, error: { code: 'chain.answer' } })
    expect(other).toEqual(one)
    expect(calls).toBe(2)
    await chain.blockAt(1)
    expect(calls).toBe(4)
  })

  it('a block whose bytes do not hash to its name is refused', async () => {
    let call = 0
    const url = await oddNode((response) => resultOf(call++ === 0 ? 'ab'.repeat(32) : '00'.repeat(81))(response))
    expect(await connect(url).blockAt(1)).toMatchObject({ ok: false, error: { code: 'chain.answer' } })
  })
})

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(1 << 20, 0x20)
  const more = () => {
    while (!response.destroyed && response.write(chunk));
    if (!response.destroyed) response.once('drain', more)
  }
  more()
}

describe('access', () => {
  it('with a wrong password is refused by name', async () => {
    expect(await connect(await embedded(), { password: 'wrong' }).tip()).toMatchObject({
      ok: false,
      error: { code: 'chain.auth', retryable: false },
    })
  })

  it('of a user whom the node knows and does not let: the methods are named', async () => {
    const url = await oddNode((response) => void response.writeHead(403).end())
    const { error } = (await connect(url).tip()) as { error: { code: string; message: string } }
    expect(error.code).toBe('chain.forbidden')
    expect(error.message).toMatch(/forbids getblockchaininfo .*-rpcwhitelist .*getblock,.*sendrawtransaction/)
  })

  it.each([429, 502, 503, 504])('HTTP %i without JSON passes: it is asked again', async (status) => {
    const url = await oddNode((response) => void response.writeHead(status).end('<html>'))
    expect(await connect(url).tip()).toMatchObject({ error: { code: 'chain.busy', retryable: true } })
  })

  it('at a port that speaks no HTTP is told apart from a node that is away, and a port that was left out is named', async () => {
    const server = createTcpServer((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .end('SSH-2.0-x\r\n'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    expect(await connect(`http://127.0.0.1:${port}`).tip()).toMatchObject({
      error: { code: 'chain.unreachable', message: expect.stringContaining('speaks no HTTP') },
    })
    await new Promise((resolve) => server.close(resolve))
    expect(await connect('http://nowhere.invalid/x').tip()).toMatchObject({
      error: { message: expect.stringContaining('http://nowhere.invalid/x, port 80 (') },
    })
  })

  it('with user and password in the address: they are not repeated', () => {
    const { error } = checkRpcAddress('http://me:secret@127.0.0.1:8332') as { error: { message: string } }
    expect(error.message).toContain('not «http://…@127.0.0.1:8332»: user and password are given apart from it.')
  })

  it.each([
    'localhost:18443',
    'https://127.0.0.1:8332',
    '127.0.0.1',
    '',
    'http://',
    'ftp://h:1',
    'http://u:p@h:1',
    'http://a b:1',
    'http://h:99999',
    'http://h:0',
    'http:///h:1',
  ])('at an address of another form is refused at once, with the form: %j', async (url) => {
    expect(checkRpcAddress(url)).toMatchObject({ ok: false, error: { code: 'chain.address' } })
    expect(await connect(url).tip()).toMatchObject({
      error: { code: 'chain.address', message: expect.stringContaining('has to be http://host:port') },
    })
  })

  it.each(['http://127.0.0.1:8332', 'http://[::1]:8332/', 'http://node.lan', 'HTTP://localhost:18443/wallet/x'])(
    '%s is an address',
    (url) => {
      expect(checkRpcAddress(url)).toEqual({ ok: true, value: url })
    },
  )

  it('to a node that is not there may be tried again', async () => {
    const url = await oddNode(() => undefined)
    await ends.pop()!()
    expect(await connect(url).tip()).toMatchObject({ ok: false, error: { code: 'chain.unreachable', retryable: true } })
  })
})

describe('a cookie', () => {
  it('of an earlier start of the node is refused with what lasts instead', async () => {
    const url = await oddNode((response) => {
      response.statusCode = 401
      response.end()
    })
    expect(await connect(url, { user: '__cookie__' }).tip()).toMatchObject({
      error: { code: 'chain.auth', message: expect.stringMatching(/cookie is another one after every start.*-rpcauth/) },
    })
    expect(await connect(url).tip()).toMatchObject({ error: { code: 'chain.auth', message: expect.not.stringContaining('cookie') } })
  })
})

describe('a cookie file', () => {
  it('is read for each call, so that a node that was started again is known as it is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'golem-cookie-'))
    ends.push(() => rmSync(folder, { recursive: true }))
    const cookie = join(folder, '.cookie')
    const chain = connect(await embedded(), { user: '', password: '', cookie })
    expect(await chain.tip()).toMatchObject({ error: { code: 'chain.auth' } })
    writeFileSync(cookie, 'u:p\n')
    expect(await chain.tip()).toMatchObject({ ok: true, value: { height: 3 } })
    writeFileSync(cookie, 'u:of another start')
    expect(await chain.tip()).toMatchObject({ error: { code: 'chain.auth' } })
  })
})

describe('a node on another chain than it says', () => {
  it('whose first block is another one is refused with both names', async () => {
    let call = 0
    const url = await oddNode((response) => resultOf(call++ === 0 ? goodTip : 'ef'.repeat(32))(response))
    const message = expect.stringMatching(/«regtest», but that begins with block (ef){32}, not with 0f9188f1/)
    expect(await connect(url).tip()).toMatchObject({ ok: false, error: { code: 'chain.network', message } })
  })
})

describe('following', () => {
  /** A node that answers by method; `log` counts the calls. */
  const scripted = (answers: Record<string, (params: unknown[]) => unknown>) =>
    new Promise<string>((resolve) => {
      const server = createServer((request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => (body += chunk.toString()))
        request.on('end', () => {
          const { method, params } = JSON.parse(body) as { method: string; params: unknown[] }
          const result = answers[method]?.(params)
          const error = result === undefined ? { code: -5, message: 'Block not found' } : null
          response.end(JSON.stringify({ result: result ?? null, error, id: 1 }))
        })
      })
      server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
      ends.push(() => {
        server.closeAllConnections()
        server.close()
      })
    })
  const genesis = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'

  it('a node that loads the chain again is not taken for a reorganisation', async () => {
    const url = await scripted({
      getblockchaininfo: () => ({ chain: 'regtest', blocks: 0, headers: 0, bestblockhash: genesis, initialblockdownload: true }),
      getblockhash: () => genesis,
    })
    const events: unknown[] = []
    const heard = Promise.withResolvers<void>()
    const stop = connect(url).follow([{ height: 503, hash: '11'.repeat(32) }], async (event) => {
      events.push(event)
      heard.resolve()
    })
    await heard.promise
    await stop()
    expect(events).toEqual([{ type: 'availability', available: false, reason: expect.stringMatching(/catching up.*block 0.*block 503/) }])
  })

  it('a block that the node has pruned is named, with what helps', async () => {
    let calls = 0
    const pruning = await oddNode((response) => {
      const answer =
        calls++ === 0
          ? { result: genesis, error: null }
          : { result: null, error: { code: -1, message: 'Block not available (pruned data)' } }
      response.end(JSON.stringify({ ...answer, id: 1 }))
    })
    expect(await connect(pruning).blockAt(7)).toMatchObject({
      ok: false,
      error: { code: 'chain.pruned', message: expect.stringMatching(/block 7.*-prune=0/) },
    })
  })

  it('says how far a node that catches up is, each time anew, and nothing of blocks before', async () => {
    const told: string[] = []
    let blocks = 1
    const seen = Promise.withResolvers<void>()
    const url = await oddNode((response) => resultOf({ ...goodTip, blocks: blocks++, headers: 900, initialblockdownload: true })(response))
    const stop = connect(url).follow([], (event) => {
      if (event.type !== 'availability') throw new Error(event.type)
      told.push(/block \d+ of \d+/.exec(event.reason ?? '')?.[0] ?? '')
      if (told.length === 3) seen.resolve()
      return Promise.resolve()
    })
    await seen.promise
    await stop()
    expect(told.slice(0, 3)).toEqual(['block 1 of 900', 'block 2 of 900', 'block 3 of 900'])
  })

  it('takes a regtest node whose newest block is old for ready', async () => {
    const url = await scripted({ getblockchaininfo: () => ({ ...goodTip, initialblockdownload: true }), getblockhash: () => genesis })
    expect(await connect(url).tip()).toMatchObject({ ok: true, value: { height: 5 } })
    const signet = await oddNode(resultOf({ ...goodTip, chain: 'signet', initialblockdownload: true }))
    expect(await connect(signet, { network: 'signet' }).tip()).toMatchObject({ error: { code: 'chain.syncing' } })
  })

  it('without known blocks starts after genesis, and stops while a handler runs only after it', async () => {
    const heights: number[] = []
    let release = () => {}
    const first = Promise.withResolvers<void>()
    const stop = connect(await embedded()).follow([], async (event) => {
      if (event.type === 'block') heights.push(event.block.height)
      first.resolve()
      await new Promise<void>((resolve) => (release = resolve))
    })
    await first.promise
    let stopped = false
    const stopping = stop().then(() => (stopped = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(stopped).toBe(false)
    release()
    await stopping
    expect(heights).toEqual([1])
  })

  it('from blocks of another chain reports them gone back to genesis', async () => {
    const foreign = [
      { height: 8, hash: '11'.repeat(32) },
      { height: 9, hash: '22'.repeat(32) },
    ]
    const events: unknown[] = []
    const done = Promise.withResolvers<void>()
    const stop = connect(await embedded()).follow(foreign, async (event) => {
      events.push(event.type === 'block' ? event.block.height : event)
      if (events.length === 4) done.resolve()
    })
    await done.promise
    await stop()
    expect(events).toEqual([
      { type: 'reorg', fork: { height: 0, hash: expect.stringMatching(/^0f9188f1/) }, gone: foreign.toReversed() },
      1,
      2,
      3,
    ])
  })
})
