/**
 * A wallet in a storm: payments that somebody wants, a node that refuses, forgets and changes its mind, blocks that come and go, and a process that
 * is killed. After every step the wallet is held against the node's own unspent outputs.
 */
import { expect } from 'vitest'
import { openIdentity } from '../../../../main/core/identity.ts'
import type { ChainBlock, StoragePort } from '../../../../main/core/ports.ts'
import { createWalletKeeper, type WalletKeeper } from '../../../../main/core/wallet/keeper.ts'
import { createCell } from '../../../../main/core/wallet/cell.ts'
import { balance, type WalletState } from '../../../../main/core/wallet/index.ts'
import { fromHex, toHex } from '../../../../roles/protocol/bytes.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { opReturn, p2trScript, parseTransaction, scanBlock } from '../../../../roles/protocol/tx/index.ts'
import { crypto } from '../../../roles/supervisor/actors.ts'
import { createMemoryDisk, createMemoryStorage } from '../../../simulation/ports/storage.ts'
import { strangersPayment } from './strangers.ts'
import { calm, throughWeather, type StormNode, type StormPolicy, type Weather } from './node.ts'
import { keyPair, seeded } from '../../../tools/seeded.ts'

export type Step =
  | { do: 'want'; value: number }
  | { do: 'want much' }
  | { do: 'rival' }
  /** Somebody else pays the wallet, after `parents` transactions of their own in the same block, or `apart` in blocks of their own. */
  | { do: 'stranger'; value: number; parents: number; apart: boolean }
  /** Who paid the wallet pays it back to themselves, where no block has the payment. */
  | { do: 'take back'; pick: number }
  | { do: 'ask' }
  | { do: 'mine'; blocks: number }
  | { do: 'pass over'; blocks: number }
  | { do: 'reorg'; depth: number; empty: boolean }
  | { do: 'old version'; pick: number }
  | { do: 'restart'; policy: StormPolicy }
  | { do: 'forget' }
  | { do: 'fill' }
  | { do: 'away'; blocks: number }
  | { do: 'kill'; after: number }

interface Wanted {
  /** Nobody else pays to it, so that it tells whether the payment is made. */
  script: string
  value: number
  refused: string | null
}

const PAID = 'storm-paid'
/** More than one coin has, so that it takes two. */
const much = 5_001_000_000
/** Scripts of the seed that twins leave alone; each takes another one after these. */
const twinSkips = 300
/** Calls to the node that one block may cost: for the round itself, and for each pending transaction. */
const [callsPerRound, callsPerPending] = [12, 14]

/** @param skip scripts of the seed that are left to another wallet with the same keys */
export async function createWorld(node: StormNode, seed: string, skip = 0) {
  const random = { bytes: seeded(seed), prime: () => Promise.reject(new Error('no primes here')) }
  const disk = createMemoryDisk()
  const weather: Weather = { away: false, killAfter: null }
  const said: string[] = []
  let storage: StoragePort = createMemoryStorage(disk)
  const identity = must(await openIdentity({ crypto, storage, random }, 'test', 'pass', 10))
  const fresh = () => toHex(must(p2trScript(fromHex(keyPair(random.bytes).publicKey))))
  const strangerKey = keyPair(random.bytes)
  const nobody = toHex(must(p2trScript(fromHex(strangerKey.publicKey))))
  for (let at = 0; at < skip; at++) fresh()
  let policy = calm
  let started = 0
  let twins = 0
  let keeper = open()
  const wanted: Wanted[] = []
  /** Everything that was ever in the node’s mempool: others may have kept it. */
  const seen = new Map<string, string>()
  /** Coins that strangers paid with. */
  const strangers: Array<{ txid: string; vout: number; value: number }> = []

  function open(): WalletKeeper {
    const log = { log: (_: string, message: string) => void said.push(message) }
    return createWalletKeeper({ crypto, storage, chain: throughWeather(node.chain(), weather), random, log, identity })
  }
  const state = (): WalletState => createCell(storage).state()
  const call = <T>(method: string, ...params: unknown[]) => node.call(method, ...params) as Promise<T>
  const height = () => call<number>('getblockcount')
  const hashAt = (at: number) => call<string>('getblockhash', at)

  /** The process ends; what it had not written never was. */
  const reopen = () => {
    storage.close()
    storage = createMemoryStorage(disk)
    weather.killAfter = null
    keeper = open()
  }

  /** Tells the wallet of the node’s chain, as `followChain` does. */
  async function sync(): Promise<void> {
    const blocks: string[] = ((storage.get('storm', 'blocks') ?? []) as string[]).slice()
    const tip = await height()
    let fork = Math.min(blocks.length - 1, tip)
    while (fork > 0 && blocks[fork] !== (await hashAt(fork))) fork--
    if (fork < blocks.length - 1 && blocks.length > 0) {
      blocks.length = fork + 1
      const writes = keeper.onReorg({ height: fork, hash: blocks[fork]! })
      storage.transact([...writes, { table: 'storm', key: 'blocks', value: blocks }])
    }
    if (blocks.length === 0) blocks.push(await hashAt(0))
    for (let at = blocks.length; at <= tip; at++) {
      const raw = await call<string>('getblock', await hashAt(at), 0)
      const block: ChainBlock = { ...must(scanBlock(fromHex(raw))), height: at }
      blocks.push(block.hash)
      const before = node.calls()
      const pending = state().pending.length
      const writes = keeper.onBlock(block)
      storage.transact([...writes, { table: 'storm', key: 'blocks', value: blocks }])
      await keeper.tend()
      expect(node.calls() - before, 'calls to the node for one block').toBeLessThanOrEqual(callsPerRound + callsPerPending * (pending + 1))
    }
    await remember()
  }

  async function remember(): Promise<void> {
    for (const id of await call<string[]>('getrawmempool')) if (!seen.has(id)) seen.set(id, await call<string>('getrawtransaction', id))
  }

  const payment = (one: Wanted) => ({
    outputs: [
      { script: must(opReturn(new Uint8Array(55))), value: 0 },
      { script: fromHex(one.script), value: one.value },
    ],
    spendFromKeys: [],
    record: (txid: string, fee: number) => [{ table: PAID, key: one.script, value: { txid, fee } }],
  })

  /** As a publisher asks: what is recorded is sent again, what came to nothing is paid anew. */
  async function ask(one: Wanted): Promise<void> {
    const known = storage.get(PAID, one.script) as { txid: string } | undefined
    const sent = known === undefined ? undefined : await keeper.rebroadcast(known.txid)
    if (sent?.ok) return void (one.refused = null)
    const paid = sent === undefined || sent.error.code === 'wallet.dropped' ? await keeper.pay(payment(one)) : sent
    one.refused = paid.ok ? null : paid.error.code
  }

  async function killed(work: Promise<unknown>, after: number): Promise<void> {
    weather.killAfter = after
    // A call that never returns ends the attempt; so does one that came through.
    const dead = (async () => {
      while ((weather.killAfter ?? -1) >= 0) await new Promise((resolve) => setImmediate(resolve))
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    })()
    await Promise.race([work.catch(() => undefined), dead])
    reopen()
  }

  async function reorg(depth: number, empty: boolean): Promise<void> {
    const tip = await height()
    const from = Math.max(102, tip - depth + 1)
    if (from > tip) return
    await call('invalidateblock', await hashAt(from))
    for (let made = from - 1; made <= tip; made++)
      // Each to another script: the block that was taken back must not be made again.
      if (empty) await node.mineEmpty(fresh())
      else await call('generatetodescriptor', 1, `raw(${fresh()})`)
  }

  /** A miner takes an earlier version of something. */
  async function mineOld(pick: number): Promise<void> {
    const held = new Set(await call<string[]>('getrawmempool'))
    const old = [...seen].filter(([id]) => !held.has(id))
    if (old.length === 0) return
    await node.restart({ ...policy, minRelayRate: 1, dataCarrierSize: 83 })
    for (let at = 0; at < old.length; at++) {
      const [, raw] = old[(pick + at) % old.length]!
      await Promise.resolve(call('sendrawtransaction', raw)).catch(() => undefined)
      if (at === pick % 3) break
    }
    await call('generatetodescriptor', 1, `raw(${nobody})`)
    await node.restart(policy)
  }

  /** The same keys on another computer pay somebody, and a miner takes that: it may spend what pending ones spend, and a reorganisation may remove it. */
  async function rival(): Promise<void> {
    await node.restart(calm)
    const twin = await createWorld(node, seed, twinSkips + twins++)
    await twin.sync()
    await twin.step({ do: 'want', value: 1_000 })
    await call('generatetodescriptor', 1, `raw(${nobody})`)
    await node.restart(policy)
  }

  const own = () => toHex(must(p2trScript(fromHex(identity.key({ purpose: 'coins', account: 0, change: 0, index: 0 }).publicKey))))

  /** A miner takes these, which the node gets for that. */
  async function mineThese(raws: string[]): Promise<void> {
    await node.restart(calm)
    for (const raw of raws) await Promise.resolve(call('sendrawtransaction', raw)).catch(() => undefined)
    await call('generatetodescriptor', 1, `raw(${nobody})`)
    await node.restart(policy)
  }

  async function stranger(value: number, parents: number, apart: boolean): Promise<void> {
    const at = started + 1 + strangers.length
    if ((await height()) + 1 - at < 100) return
    const block = must(scanBlock(fromHex(await call<string>('getblock', await hashAt(at), 0))))
    const reward = must(parseTransaction(block.transactions[0]!))
    let coin = { txid: reward.getId(), vout: 0, value: Number(reward.outs[0]!.value) }
    strangers.push(coin)
    const raws: string[] = []
    for (let made = 0; made <= parents; made++) {
      const rest = { script: nobody, value: coin.value - 1_000 }
      const outputs =
        made < parents
          ? [rest]
          : [
              { ...rest, value: rest.value - value },
              { script: own(), value },
            ]
      const paid = strangersPayment(strangerKey.privateKey, coin, outputs)
      raws.push(paid.raw)
      seen.set(paid.txid, paid.raw)
      coin = { txid: paid.txid, vout: 0, value: rest.value }
    }
    for (const block of apart ? raws.map((raw) => [raw]) : [raws]) await mineThese(block)
  }

  async function takeBack(pick: number): Promise<void> {
    const coin = strangers[pick % Math.max(1, strangers.length)]
    if (coin === undefined) return
    const { raw } = strangersPayment(strangerKey.privateKey, coin, [{ script: nobody, value: coin.value - 5_000 }])
    await mineThese([raw])
  }

  async function want(value: number): Promise<void> {
    const one: Wanted = { script: fresh(), value, refused: 'not asked' }
    wanted.push(one)
    return ask(one)
  }

  async function act(step: Step): Promise<void> {
    switch (step.do) {
      case 'want':
        return want(step.value)
      case 'want much':
        return started < 2 || wanted.some(({ value }) => value === much) ? undefined : want(much)
      case 'rival':
        return rival()
      case 'stranger':
        return stranger(step.value, step.parents, step.apart)
      case 'take back':
        return takeBack(step.pick)
      case 'ask':
        for (const one of wanted) await ask(one)
        return
      case 'mine':
        return void (await call('generatetodescriptor', step.blocks, `raw(${nobody})`))
      case 'pass over':
        for (let made = 0; made < step.blocks; made++) await node.mineEmpty(nobody)
        return
      case 'reorg':
        return reorg(step.depth, step.empty)
      case 'old version':
        return mineOld(step.pick)
      case 'restart':
        policy = step.policy
        return node.restart(policy)
      case 'forget':
        return node.restart(policy)
      case 'fill':
        return node.fill?.()
      case 'away':
        weather.away = true
        for (let made = 0; made < step.blocks; made++) {
          await node.mineEmpty(nobody)
          await sync()
        }
        weather.away = false
        return
      case 'kill': {
        const one = wanted.at(-1)
        if (one !== undefined) await killed(ask(one), step.after)
        return killed(keeper.tend(), step.after)
      }
    }
  }

  /** What has to hold whenever the wallet knows the node’s newest block. */
  async function check(): Promise<void> {
    const { pending, coins, scripts, tip } = state()
    expect(tip!.height).toBe(await height())
    const inputs = pending.flatMap((one) => one.inputs)
    expect(new Set(inputs).size, 'no coin is spent twice').toBe(inputs.length)
    const order = new Map(pending.map((one, at) => [one.txid, at]))
    for (const [at, one] of pending.entries())
      for (const input of one.inputs) expect(order.get(input.slice(0, 64)) ?? -1, 'parents stand before children').toBeLessThan(at)
    const all = [...pending, ...state().versions].map((one) => one.txid)
    expect(new Set(all).size, 'each transaction is there once').toBe(all.length)
    const outpoints = new Set(pending.flatMap((one) => one.outputs.map((_, vout) => `${one.txid}:${vout}`)))
    for (const input of pending.flatMap((one) => (one.own ? one.inputs : one.spends)))
      expect(coins[input] !== undefined || outpoints.has(input), `the coin ${input} is there`).toBe(true)
    const wanted = Object.keys(scripts).map((script) => `raw(${script})`)
    const scan = await call<{ unspents: Array<{ txid: string; vout: number; amount: number }> }>('scantxoutset', 'start', wanted)
    const held = scan.unspents.map(({ txid, vout, amount }) => [`${txid}:${vout}`, Math.round(amount * 1e8)] as const)
    expect(Object.fromEntries(Object.entries(coins).map(([id, { value }]) => [id, value])), 'no coin is lost').toEqual(
      Object.fromEntries(held),
    )
    const { confirmed, unconfirmed, immature, reserved } = balance(state())
    const own = pending.flatMap((one) =>
      one.outputs.flatMap(({ script, value }, vout) => (scripts[script] && !inputs.includes(`${one.txid}:${vout}`) ? [value] : [])),
    )
    const free = held.filter(([id]) => !inputs.includes(id)).map(([, value]) => value)
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)
    expect(confirmed + unconfirmed + immature + reserved).toBe(sum(free) + sum(own))
  }

  /** How often each wanted script is paid on the best chain. */
  async function paidOnce(): Promise<Map<string, number>> {
    const found = new Map<string, number>()
    for (let at = 1, tip = await height(); at <= tip; at++)
      for (const raw of must(scanBlock(fromHex(await call<string>('getblock', await hashAt(at), 0)))).transactions)
        for (const { script } of must(parseTransaction(raw)).outs) found.set(toHex(script), (found.get(toHex(script)) ?? 0) + 1)
    return found
  }

  return {
    state,
    said,
    wanted,
    check,
    sync,
    keeper: () => keeper,
    /** Of a wanted payment: the transaction that was recorded for it. */
    txidOf: (one: Wanted) => (storage.get(PAID, one.script) as { txid: string } | undefined)?.txid,
    async start(coins: number): Promise<void> {
      started = coins
      await call('generatetodescriptor', coins, `raw(${own()})`)
      await call('generatetodescriptor', 101, `raw(${nobody})`)
      await sync()
    },
    async step(step: Step): Promise<void> {
      await act(step)
      await sync()
      await check()
      for (const [script, times] of await paidOnce()) if (wanted.some((one) => one.script === script)) expect(times).toBeLessThanOrEqual(1)
    },
    /** Fair weather until nothing moves: then every payment is made once. */
    async calmDown(): Promise<void> {
      policy = calm
      await node.restart(calm)
      for (let round = 0; round < 40; round++) {
        for (const one of wanted) await ask(one)
        await call('generatetodescriptor', 1, `raw(${nobody})`)
        await sync()
        if (round > 2 && state().pending.length === 0 && wanted.every((one) => one.refused === null)) break
      }
      await check()
      const paid = await paidOnce()
      const missing = wanted.map((one) => ({ times: paid.get(one.script) ?? 0, refused: one.refused }))
      expect(missing, 'each wanted payment is made exactly once').toEqual(wanted.map(() => ({ times: 1, refused: null })))
      expect(state().pending).toEqual([])
    },
  }
}
