import { afterEach, describe, expect, it } from 'vitest'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEmbeddedNode, createRpcChain } from '../../../main/adapters/chain/index.ts'
import type { EmbeddedNode } from '../../../main/adapters/chain/index.ts'
import { subsidy } from '../../../main/adapters/chain/embedded/params.ts'
import { must } from '../../../roles/protocol/result.ts'
import { Block } from '../../../roles/protocol/tx/index.ts'
import { createActor } from '../../conformance/chain-actor.ts'
import { bitcoindAvailable, startBitcoind } from '../../tools/bitcoind.ts'

const alice = createActor(21)
const bob = createActor(22)
const folders: string[] = []
const freshFolder = () => folders[folders.push(mkdtempSync(join(tmpdir(), 'golem-embedded-'))) - 1]!

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** Spends the oldest coinbase of alice that is not spent. */
function pay(node: EmbeddedNode, height: number) {
  const txid = node.at(height)!.txids[0]!
  const sent = alice.spend(
    [{ txid, vout: 0, value: subsidy(height) }],
    [
      { script: bob.script, value: 1_000_000n },
      { script: alice.script, value: subsidy(height) - 1_001_000n },
    ],
  )
  const verdict = node.assess(sent.raw)
  if (!('entry' in verdict)) throw new Error(verdict.reason)
  node.accept(verdict)
  return sent.txid
}

describe('the embedded node', () => {
  it('starts from Bitcoin’s regtest genesis', () => {
    expect(createEmbeddedNode().tip()).toMatchObject({
      height: 0,
      hash: '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206',
      txids: ['4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b'],
    })
  })

  it('halves the subsidy every 150 blocks', () => {
    expect([0, 149, 150, 299, 300, 150 * 64].map(subsidy)).toEqual([
      5_000_000_000n,
      5_000_000_000n,
      2_500_000_000n,
      2_500_000_000n,
      1_250_000_000n,
      0n,
    ])
  })

  it('has the same chain, coins and verdicts after a restart', () => {
    const folder = freshFolder()
    const before = createEmbeddedNode({ folder })
    before.mine(105, alice.script)
    pay(before, 1)
    const [lost] = before.mine(2, bob.script)
    before.invalidate(lost!.hash)
    before.mine(1, alice.script)
    before.close()
    const after = createEmbeddedNode({ folder })
    expect(after.tip().hash).toBe(before.tip().hash)
    expect([...after.coins()].sort()).toEqual([...before.coins()].sort())
    after.reconsider(lost!.hash)
    expect(after.tip().height, 'the longer branch is back').toBe(107)
    after.close()
  })

  it('drops a record that a crash cut short or garbled, and goes on', () => {
    const folder = freshFolder()
    const file = join(folder, 'regtest-blocks.dat')
    const first = createEmbeddedNode({ folder })
    const tip = first.mine(3, alice.script)[2]!
    first.close()
    const intact = readFileSync(file)
    for (const damage of [() => appendFileSync(file, intact.subarray(0, 60)), () => appendFileSync(file, new Uint8Array(500).fill(1))]) {
      writeFileSync(file, intact)
      damage()
      const node = createEmbeddedNode({ folder })
      expect(node.tip().hash).toBe(tip.hash)
      node.close()
      expect(readFileSync(file)).toEqual(intact)
    }
  })

  it('keeps every block it reported, also when its process is killed', async () => {
    const folder = freshFolder()
    const child = spawn(process.execPath, [new URL('./embedded-process.ts', import.meta.url).pathname, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const url = await firstLine(child)
    const chain = createRpcChain({ url, user: 'u', password: 'p', network: 'regtest', log: { log: () => undefined } })
    const refs = must(await chain.control.mine(7, alice.script))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    chain.close()
    const node = createEmbeddedNode({ folder })
    expect(node.tip()).toMatchObject(refs[6]!)
    node.close()
  })

  it('refuses script types that it cannot check, instead of believing them', () => {
    const node = createEmbeddedNode()
    node.mine(1, Uint8Array.of(0x00, 0x20, ...new Uint8Array(32)))
    node.mine(100, bob.script)
    const unsigned = alice.spend(
      [{ txid: node.at(1)!.txids[0]!, vout: 0, value: subsidy(1) }],
      [{ script: bob.script, value: 4_999_990_000n }],
    )
    expect(node.assess(unsigned.raw)).toMatchObject({ reason: 'embedded-node-cannot-check-p2wsh' })
  })
})

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const chunk of child.stdout!) return String(chunk).trim()
  throw new Error('the process said nothing')
}

const real = bitcoindAvailable()
describe.skipIf(!real.command)(`blocks of the embedded node${real.command ? '' : `: ${real.missing}`}`, () => {
  it('are valid to a real bitcoind: subsidy, heights, commitments, signatures', async () => {
    const node = createEmbeddedNode()
    for (let height = 1; height <= 310; height++) {
      if (height > 102 && height % 3 === 0) pay(node, height - 101)
      node.mine(1, alice.script)
    }
    const bitcoind = await startBitcoind()
    try {
      const call = async (method: string, ...params: unknown[]) => {
        const authorization = `Basic ${Buffer.from(`${bitcoind.user}:${bitcoind.password}`).toString('base64')}`
        const answer = await fetch(bitcoind.url, {
          method: 'POST',
          headers: { authorization },
          body: JSON.stringify({ id: 1, method, params }),
        })
        return ((await answer.json()) as { result: unknown }).result
      }
      for (let height = 1; height <= 310; height++) {
        const { raw } = node.at(height)!
        expect(Block.fromBuffer(raw).checkTxRoots()).toBe(true)
        expect(await call('submitblock', Buffer.from(raw).toString('hex')), `block ${height}`).toBeNull()
      }
      expect(await call('getbestblockhash')).toBe(node.tip().hash)
    } finally {
      await bitcoind.stop()
    }
  })
})
