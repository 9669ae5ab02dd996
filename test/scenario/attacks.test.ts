/** Attacks that are transactions, told on a real chain: what a node relays and mines is what strangers and thieves have. The others are in test/attacks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import type { Anchor } from '../../roles/protocol/documents/index.ts'
import { deriveKey, phraseToSeed } from '../../roles/protocol/keys/index.ts'
import { must } from '../../roles/protocol/result.ts'
import {
  anchorScript,
  anchorsIn,
  buildTransaction,
  p2trScript,
  signTransaction,
  tweakPrivateKey,
  txid,
} from '../../roles/protocol/tx/index.ts'
import { keyPair, seeded } from '../tools/seeded.ts'
import { startCast, type Cast } from './harness.ts'

const random = seeded('a stranger on a real chain')
const OWN = keyPair(random)
const scriptOf = (key: string): Uint8Array => must(p2trScript(fromHex(key)))
const script = scriptOf(OWN.publicKey)
const NOBODY = scriptOf(keyPair(random).publicKey)
const [FEE, DUST, MATURITY] = [1_000n, 330n, 100]

interface Spent {
  txid: string
  vout: number
  value: bigint
}

describe('Whoever has a coin', () => {
  let cast: Cast
  let coin: Spent
  let master: string

  /** Anchors something. @param pays keys that it pays, from output 1 on; @param seal an output that it spends first, with the key of its address */
  async function anchor(
    what: Omit<Anchor, 'infohash'> & { infohash?: string },
    pays: string[] = [],
    seal: (Spent & { key: ReturnType<typeof keyPair> }) | null = null,
  ) {
    const first = seal === null ? [] : [{ ...seal, script: scriptOf(seal.key.publicKey) }]
    const left = coin.value + (seal?.value ?? 0n) - DUST * BigInt(pays.length) - FEE
    const outputs = [
      { script: must(anchorScript({ infohash: toHex(random(20)), ...what })), value: 0n },
      ...pays.map((key) => ({ script: scriptOf(key), value: DUST })),
      { script, value: left },
    ]
    const unsigned = must(buildTransaction({ inputs: [...first, { ...coin, script }], outputs }))
    const signers = seal === null ? [OWN] : [seal.key, OWN]
    const secrets = new Map(signers.map(({ privateKey }, at) => [at, tweakPrivateKey(privateKey)]))
    const signed = signTransaction(unsigned, secrets, (hash, secret) => crypto.schnorr.sign(hash, secret, random(32)))
    const sent = must(await cast.network.chain.broadcast(signed.toBuffer()))
    coin = { txid: sent.txid, vout: outputs.length - 1, value: left }
    return sent.txid
  }
  const some = (): { sha256: string } => ({ sha256: toHex(random(32)) })
  const post = async (text: string) =>
    expect(await cast.publish(await cast.send('alice', 'post', { topic: 'attacks', text }))).toMatchObject({ state: 'counted' })
  const goesOn = async (text: string): Promise<void> => {
    await post(text)
    const { rows } = await cast.read('alice', ['posts', 'byTopic'], ['attacks'])
    expect(rows.map((row) => row['text'])).toContain(text)
    expect(await cast.call('use.audit', {}, 'alice')).toMatchObject({ ok: true })
  }

  beforeAll(async () => {
    cast = await startCast({ servers: 3, clients: ['alice'], blockMs: 700 })
    const { chain } = cast.network
    must(await chain.control.mine(1, script))
    const { height } = must(await chain.tip())
    // Everybody keeps up while it ripens.
    await cast.blocks(20)
    await cast.until("the stranger's coin to be ripe", (view) => view.chain.height >= height + MATURITY)
    await cast.blocks(700)
    const [mined] = must(await chain.unspent([script])).coins
    coin = { txid: mined!.txid, vout: mined!.vout, value: BigInt(mined!.value) }
    await cast.ready('alice')
    master = (await cast.call('host.offers', {}, 'server-1'))[0]!.master
  })
  afterAll(async () => {
    await (cast as Cast | undefined)?.stop()
  })

  it('[D4] anchors what nobody has, and copies of what others anchored: nobody else waits, or loses anything', async () => {
    await post('before')
    const written = (await cast.anchors()).findLast(({ type }) => type === 'update')!
    for (let i = 0; i < 6; i++) {
      await anchor({ type: 'registration', ...some() }, [master])
      await anchor({ type: 'acceptance', ...some() }, [master])
      await anchor({ type: 'offer', ...some() }, [master])
      await anchor({ type: 'update', ...some() }, [OWN.publicKey])
    }
    await anchor({ type: 'update', sha256: written.sha256 }, [OWN.publicKey])
    await goesOn('behind all of these')
  })

  it('[D4] and the key that signs ticks spends the seal first, with a tick that nobody can fetch: nobody goes on, and the master key ends it', async () => {
    const passphrase = readFileSync(join(cast.folder, 'passphrase'), 'utf8').trim()
    const { phrase } = await cast.call('wallet.phrase', { passphrase }, 'supervisor')
    const key = deriveKey(must(phraseToSeed(phrase)), { network: 'test', purpose: 'secondary', app: 0, index: 0 })
    const { chain } = cast.network
    await cast.blocks(0)
    await cast.kill('supervisor')
    // What it had sent is mined before.
    must(await chain.control.mine(1, NOBODY))
    let last: { txid: string; number: number } | null = null
    for (let { height } = must(await chain.tip()); last === null; height--)
      for (const raw of must(await chain.blockAt(height)).transactions)
        for (const { type, number } of anchorsIn(raw)) if (type === 'tick') last = { txid: must(txid(raw)), number: number! }
    const { number } = last
    const stolen = await anchor({ type: 'tick', ...some(), number: number + 1 }, [key.publicKey], {
      txid: last.txid,
      vout: 1,
      value: DUST,
      key,
    })
    await cast.blocks(700)
    await cast.until('the stolen tick to be in a block', async () => (await cast.anchors()).some((one) => one.txid === stolen), 'alice')
    await cast.blocks(0)
    await cast.restart('supervisor')
    await cast.until('the Supervisor to notice', ({ engagements }) => engagements.some(({ state }) => state === 'usurped'), 'supervisor')
    // The tick before it comes with the Supervisor, the stolen one never.
    await cast.until('alice to follow up to there', ({ tick }) => tick !== null && tick.number >= number, 'alice')
    expect((await cast.view('alice')).tick!.number).toBe(number)
    await cast.call('publish.takeBack', { reason: 'the key was stolen' })
    // The Supervisor still waits to publish a tick of its own, and regular blocks would wait for that.
    must(await chain.control.mine(1, NOBODY))
    await cast.blocks(700)
    await cast.until('ticks by the new key to reach alice', ({ tick }) => tick !== null && tick.number > number + 1, 'alice')
    await goesOn('after the thief')
  })
})
