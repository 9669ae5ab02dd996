/** Raising the fee of what waits: by a person's word, and by the wallet itself when blocks pass it over. */
import { describe, expect, it } from 'vitest'
import { createDocuments } from '../../../main/core/documents/index.ts'
import type { SwarmPort } from '../../../main/core/ports.ts'
import { waitFor } from '../../../main/hosts/headless/network/patience.ts'
import { signDocument } from '../../../roles/protocol/documents/index.ts'
import { must, ok } from '../../../roles/protocol/result.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { makeWallet } from './service.ts'
import { keyPair } from '../../tools/seeded.ts'

type Stage = Awaited<ReturnType<typeof makeWallet>>

const pay = async ({ wallet, other }: Stage, value = 10_000) =>
  must(await wallet.pay({ outputs: [{ script: other, value }], spendFromKeys: [], record: () => [] }))
const mempool = ({ node }: Stage) =>
  node.mempool
    .list()
    .map(({ txid }) => txid)
    .sort()
const entry = ({ node }: Stage, txid: string) => node.mempool.get(txid)!
const settled = () =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, 20)
  })

/** Blocks whose miners take only what pays a fortune. */
async function passOver(stage: Stage, blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    await stage.mine(stage.other, 1_000)
    await settled()
  }
}

describe('a person', () => {
  it('replaces a waiting transaction by one that pays more, also twice, and the last one is mined', async () => {
    const stage = await makeWallet('bump')
    const { wallet } = stage
    const first = await pay(stage)
    const second = must(await wallet.bump(first.txid, 5))
    const third = must(await wallet.bump(first.txid, null))
    expect([first.fee < second.fee, second.fee < third.fee]).toEqual([true, true])
    expect(mempool(stage)).toEqual([third.txid])
    for (const old of [first, second, third]) expect(wallet.latest(old)).toEqual(third)
    expect(stage.open().latest(first)).toEqual(third)
    const before = wallet.balance().unconfirmed
    await stage.mine(stage.other)
    expect([mempool(stage), wallet.balance().confirmed]).toEqual([[], before])
    expect(await wallet.bump(first.txid, 9)).toMatchObject({ ok: false, error: { code: 'wallet.no-pending' } })
  })

  it('pulls a transaction by the newest one that spends from it: what the two carry stays', async () => {
    const stage = await makeWallet('pull')
    const parent = await pay(stage)
    const child = await pay(stage, 20_000)
    const bumped = must(await stage.wallet.bump(parent.txid, 12))
    expect(mempool(stage)).toEqual([parent.txid, bumped.txid].sort())
    const both = [entry(stage, parent.txid), entry(stage, bumped.txid)]
    const rate = Number(both.reduce((sum, { fee }) => sum + fee, 0n)) / both.reduce((sum, { vsize }) => sum + vsize, 0)
    expect(rate).toBeGreaterThanOrEqual(12)
    expect(rate).toBeLessThan(12.1)
    expect(stage.wallet.latest(child)).toEqual(bumped)
  })
})

describe('the wallet by itself', () => {
  it('raises the fee after six blocks that passed a transaction over, and only as far as the node estimates', async () => {
    const stage = await makeWallet('overdue')
    const first = await pay(stage)
    stage.estimate.rate = 9
    await passOver(stage, 5)
    expect(mempool(stage)).toEqual([first.txid])
    await passOver(stage, 1)
    const replacement = await waitFor('the replacement', () => mempool(stage).find((txid) => txid !== first.txid))
    expect(stage.wallet.latest(first).txid).toBe(replacement)
    const { fee, vsize } = entry(stage, replacement)
    expect([Number(fee) >= 9 * vsize, Number(fee) < 9.1 * vsize]).toEqual([true, true])
    await passOver(stage, 8)
    expect(mempool(stage)).toEqual([replacement])
  })

  it('leaves alone what pays enough, and never pays more than a hundred sats per vbyte without asking', async () => {
    const stage = await makeWallet('enough')
    const first = await pay(stage)
    await passOver(stage, 10)
    expect(mempool(stage)).toEqual([first.txid])
    stage.estimate.rate = 5_000
    await passOver(stage, 1)
    const replacement = await waitFor('the replacement', () => mempool(stage).find((txid) => txid !== first.txid))
    const { fee, vsize } = entry(stage, replacement)
    expect(Number(fee) / vsize).toBeLessThan(101)
  })
})

it('a document whose transaction was replaced is published once: whoever asks again is told the new transaction', async () => {
  const stage = await makeWallet('document')
  const { wallet, storage, random } = stage
  const signer = keyPair(random.bytes)
  const document = signDocument(crypto, 'grant', { key: signer.publicKey, note: '' }, signer, random.bytes(32))
  const swarm = { seed: () => Promise.resolve(ok({ infohash: 'ab'.repeat(20) })) } as unknown as SwarmPort
  const documents = createDocuments({ crypto, storage, swarm, wallet, fetchTimeoutMs: 1000 })
  const publish = async () =>
    must(
      await documents.publish({
        documentType: 'grant',
        document: document.bytes,
        files: [],
        spendFromKeys: [],
        payToKeys: [signer.publicKey],
      }),
    )
  const { txid } = await publish()
  const bumped = must(await wallet.bump(txid, 20))
  expect(await publish()).toMatchObject(bumped)
  expect(mempool(stage)).toEqual([bumped.txid])
})

describe('a node that does not try transactions', () => {
  it('because it lacks the call, or forbids it to this user, is given them all the same', async () => {
    for (const code of ['chain.rpc', 'chain.forbidden']) {
      const stage = await makeWallet(code)
      stage.untested.failure = { code, message: 'no testmempoolaccept', retryable: false }
      const { txid } = await pay(stage)
      expect(mempool(stage), code).toEqual([txid])
    }
  })

  it('because it refuses the user, or is away, is told of, and nothing is recorded', async () => {
    for (const code of ['chain.auth', 'chain.unreachable']) {
      const stage = await makeWallet(code)
      stage.untested.failure = { code, message: 'no', retryable: code === 'chain.unreachable' }
      const paid = await stage.wallet.pay({ outputs: [{ script: stage.other, value: 10_000 }], spendFromKeys: [], record: () => [] })
      expect([paid, stage.sent]).toMatchObject([{ ok: false, error: { code } }, []])
    }
  })
})

describe('a node that answers no question about a payment', () => {
  it.each(['chain.auth', 'chain.forbidden', 'chain.network', 'chain.answer', 'chain.too-large', 'chain.rpc'])(
    '%s is no reason to give it up: the same payment is made when the node answers',
    async (code) => {
      const stage = await makeWallet(`passing ${code}`)
      const pay = () => stage.wallet.pay({ outputs: [{ script: stage.other, value: 1_000 }], spendFromKeys: [], record: () => [] })
      stage.unpriced.failure = { code, message: 'not now', retryable: false }
      expect(await pay()).toMatchObject({ ok: false, error: { code, retryable: true } })
      expect(stage.sent).toEqual([])
      stage.unpriced.failure = null
      expect(await pay()).toMatchObject({ ok: true })
      expect(stage.sent).toHaveLength(1)
    },
  )
})

describe('an estimate that is wildly high', () => {
  it('is paid up to 1,000 sat/vB where nobody named a rate, and as named where somebody did', async () => {
    const stage = await makeWallet('wild estimate')
    const { txid } = await pay(stage)
    const vsize = () => stage.node.mempool.list()[0]!.vsize
    stage.estimate.rate = 50_000
    const { fee } = must(await stage.wallet.bump(txid, null))
    expect(fee).toBeLessThanOrEqual(1_001 * vsize())
    expect(must(await stage.wallet.bump(txid, 1_500)).fee).toBeGreaterThanOrEqual(1_500 * vsize())
  })
})
