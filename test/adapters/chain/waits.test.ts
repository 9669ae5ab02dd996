import { afterEach, expect, it } from 'vitest'
import { createEmbeddedNode, createRpcChain, createRpcServer } from '../../../main/adapters/chain/index.ts'
import { createTipWaits } from '../../../main/adapters/chain/embedded/waits.ts'
import type { ChainEvent } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'

const access = { user: 'golem', password: 'test' }
const script = Uint8Array.of(0x51)
const never = new AbortController().signal
const NEVER_MS = 3_600_000
const closing: Array<() => unknown> = []

afterEach(async () => {
  for (const end of closing.splice(0).reverse()) await end()
})

async function network(waits: boolean) {
  const node = createEmbeddedNode()
  const server = await createRpcServer(node, { port: 0, ...access })
  const chain = createRpcChain({ url: server.url, ...access, network: 'regtest', pollMs: NEVER_MS, waits, log: { log: () => undefined } })
  closing.push(server.close, chain.close)
  return chain
}

it('a follower that waits is told of every block and of a reorganisation, and polls nothing', async () => {
  const chain = await network(true)
  const events: string[] = []
  let arrived = (): void => undefined
  const next = (count: number): Promise<void> =>
    new Promise((resolve) => {
      arrived = () => {
        if (events.length >= count) resolve()
      }
      arrived()
    })
  const tell = async (event: ChainEvent): Promise<void> => {
    if (event.type === 'availability') return
    events.push(event.type === 'block' ? `block ${event.block.height}` : `reorg to ${event.fork.height}`)
    arrived()
  }
  const stop = chain.follow([], tell)
  closing.push(stop)
  must(await chain.control.mine(1, script))
  await next(1)
  const [second] = must(await chain.control.mine(1, script))
  await next(2)
  must(await chain.control.invalidate(second!.hash))
  await next(3)
  must(await chain.control.mine(2, script))
  await next(5)
  expect(events).toEqual(['block 1', 'block 2', 'reorg to 1', 'block 2', 'block 3'])
})

it('a follower that waits stops at once, while nothing happens', async () => {
  const chain = await network(true)
  const stop = chain.follow([], () => Promise.resolve())
  must(await chain.tip())
  await stop()
})

it('waits at the node end with the block, with the time, and with the caller', async () => {
  const node = createEmbeddedNode()
  const waits = createTipWaits(node)
  const genesis = node.tip().hash
  expect(await waits.wait(1, genesis, never)).toEqual({ hash: genesis, height: 0 })
  const gone = new AbortController()
  const left = waits.wait(0, undefined, gone.signal)
  gone.abort()
  expect(await left).toEqual({ hash: genesis, height: 0 })
  const waiting = waits.wait(0, genesis, never)
  const [block] = node.mine(1, script)
  waits.look()
  expect(await waiting).toEqual({ hash: block!.hash, height: 1 })
  expect(await waits.wait(0, genesis, never)).toEqual({ hash: block!.hash, height: 1 })
})

it('waitfornewblock refuses a time and a hash that are none', async () => {
  const node = createEmbeddedNode()
  const server = await createRpcServer(node, { port: 0, ...access })
  closing.push(server.close)
  const headers = { authorization: `Basic ${btoa('golem:test')}` }
  for (const params of [[-1], ['soon'], [1, 'tip'], [1, 7], { timeout: 1 }]) {
    const answer = await fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ id: 1, method: 'waitfornewblock', params }) })
    expect(await answer.json(), JSON.stringify(params)).toMatchObject({ error: { code: -32602 } })
  }
})
