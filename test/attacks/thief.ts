/** Somebody who has the key that signs a Supervisor's ticks, in a simulated network: signs what the Supervisor would not, and anchors it. */
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import type { RequestView } from '../../main/contract/index.ts'
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import {
  openDocument,
  signDocument,
  type Anchor,
  type OpenedDocument,
  type Reference,
  type Tick,
} from '../../roles/protocol/documents/index.ts'
import { deriveKey, phraseToSeed, type KeyPair } from '../../roles/protocol/keys/index.ts'
import { must } from '../../roles/protocol/result.ts'
import {
  anchorScript,
  anchorsIn,
  buildTransaction,
  p2trScript,
  parseTransaction,
  signTransaction,
  tweakPrivateKey,
} from '../../roles/protocol/tx/index.ts'
import { peopleOf } from '../simulation/network/people.ts'
import { NOBODY, startWorld, TICK_BLOCKS, type World } from '../simulation/network/world.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

const random = seeded('thief')
const OWN = keyPair(random)
const script = must(p2trScript(fromHex(OWN.publicKey)))
const DUST = 330n
const FEE = 2_000n

/** A tick on the chain. */
export interface Mined {
  txid: string
  number: number
  reference: Reference
}

export interface Forged {
  document: OpenedDocument<'tick'>
  reference: Reference
  /** Lets everybody have it. */
  release(): Promise<void>
}

export interface Thief {
  /** Steals another key of the Supervisor, by its number; number 0 at first. */
  steal(index: number): void
  /** Ticks in blocks, oldest first. */
  mined(): Mined[]
  /** The document of a tick, from the swarm. */
  documentOf(tick: Mined): Promise<Tick>
  /**
   * A tick that is like another one but for what is changed, signed with the stolen key. Its files are those of the one it is like.
   * @param withheld nobody can fetch it until it is released
   */
  forge(like: Mined, change: Partial<Tick>, withheld?: boolean): Promise<Forged>
  /** The fields of a tick that would follow another one, closing the next blocks. */
  nextTo(tick: Mined): Promise<Partial<Tick>>
  /** Anchors a forged tick: by the seal of another one, or without any, by a coin at the stolen key's address if there is one. @returns what is to be mined */
  anchor(forged: Forged, seal: { of: Mined | string } | 'no seal'): Mined
}

/** A running guestbook with a thief about; the thief has coins. */
export async function startStory(label: string, clients = ['ann', 'bob']): Promise<{ world: World; thief: Thief; story: Story }> {
  const world = await startWorld(label, 4, clients, { freshKeys: 4, coins: Array.from({ length: 6 }, () => script) })
  const thief = await steal(world)
  return { world, thief, story: storyOf(world) }
}

async function steal(world: World): Promise<Thief> {
  const { phrase } = must(await world.member('supervisor').core.call('wallet.phrase', { passphrase: 'story' }))
  const keyAt = (index: number): KeyPair => deriveKey(must(phraseToSeed(phrase)), { network: 'test', purpose: 'secondary', app: 0, index })
  let key = keyAt(0)
  const scriptOfKey = (): string => toHex(must(p2trScript(fromHex(key.publicKey))))
  const swarm = world.swarms.peer('thief')
  const spent = new Set<string>()

  /** Unspent outputs to a script, but seals. */
  function coins(wanted: string): Array<{ txid: string; vout: number; value: bigint }> {
    const found: Array<{ txid: string; vout: number; value: bigint }> = []
    for (const raw of world.chain.transactions()) {
      const transaction = must(parseTransaction(raw))
      for (const { hash, index } of transaction.ins) spent.add(`${toHex(Uint8Array.from(hash).reverse())}:${index}`)
      const isSealed = anchorsIn(raw).some(({ type }) => type === 'tick' || type === 'offer' || type === 'resumption')
      for (const [vout, out] of transaction.outs.entries())
        if (toHex(out.script) === wanted && !(isSealed && vout === 1)) found.push({ txid: transaction.getId(), vout, value: out.value })
    }
    return found.filter(({ txid, vout }) => !spent.has(`${txid}:${vout}`))
  }

  /** Anchors, paying the stolen key by output 1. @param from whose output 1 it spends, besides a coin of the thief's */
  function submit(anchor: Anchor, from: string | null): string {
    const keyScript = fromHex(scriptOfKey())
    const paid = coins(toHex(script)).find(({ value }) => value > FEE)!
    const stolen = from === null ? [] : [{ txid: from, vout: 1, value: DUST, script: keyScript }]
    for (const { txid, vout } of [paid, ...stolen]) spent.add(`${txid}:${vout}`)
    const outputs = [
      { script: must(anchorScript(anchor)), value: 0n },
      { script: keyScript, value: DUST },
      { script, value: paid.value + (from === null ? 0n : DUST) - DUST - FEE },
    ]
    const unsigned = must(buildTransaction({ inputs: [...stolen, { ...paid, script }], outputs }))
    const signers = from === null ? [OWN] : [key, OWN]
    const secrets = new Map(signers.map((pair, at) => [at, tweakPrivateKey(pair.privateKey)]))
    const signed = signTransaction(unsigned, secrets, (hash, secret) => crypto.schnorr.sign(hash, secret, random(32)))
    return world.chain.submit(signed.toBuffer())
  }

  async function fetched(infohash: string, files: string[]): Promise<Map<string, Uint8Array>> {
    const fetching = swarm.fetch(infohash, { files, maxBytes: 1 << 24, timeoutMs: 2_000 })
    await world.run(2_500)
    return new Map(must(await fetching).map(({ name, bytes }) => [name, bytes]))
  }

  const mined = (): Mined[] =>
    world.chain
      .transactions()
      .flatMap((raw) =>
        anchorsIn(raw).flatMap(({ type, number, sha256, infohash }) =>
          type === 'tick' ? [{ txid: must(parseTransaction(raw)).getId(), number: number!, reference: { sha256, infohash } }] : [],
        ),
      )
  const documentOf = async ({ reference }: Mined): Promise<Tick> =>
    must(openDocument(crypto, 'tick', (await fetched(reference.infohash, ['document.json'])).get('document.json')!)).body

  return {
    steal(index) {
      key = keyAt(index)
    },
    mined,
    documentOf,
    async nextTo(tick) {
      const { blocks, number } = await documentOf(tick)
      const to = blocks.to + TICK_BLOCKS
      return {
        number: number + 1,
        previous: tick.reference,
        blocks: { from: blocks.to, to, hash: world.chain.hashAt(to) },
      }
    },
    async forge(like, change, withheld = false) {
      const names = world.swarms.filesOf('supervisor').get(like.reference.infohash)!
      const files = await fetched(like.reference.infohash, names)
      const body = must(openDocument(crypto, 'tick', files.get('document.json')!)).body
      const { sig: _sig, type: _type, v: _v, by: _by, ...fields } = body
      const document = signDocument(crypto, 'tick', { ...fields, ...change }, key, random(32))
      const torrent = [...files].map(([name, bytes]) => (name === 'document.json' ? { name, bytes: document.bytes } : { name, bytes }))
      const name = `golem-tick-${document.sha256.slice(0, 16)}`
      const infohash = must(swarm.infohash(name, torrent))
      const release = async (): Promise<void> => void must(await swarm.seed(name, torrent))
      if (!withheld) await release()
      return { document, reference: { sha256: document.sha256, infohash }, release }
    },
    anchor(forged, seal) {
      const { number } = forged.document.body
      const sealed = seal === 'no seal' ? null : typeof seal.of === 'string' ? seal.of : seal.of.txid
      // Without a seal, by a coin that an anchor of the thief's own has put at the key's address.
      const from = sealed ?? submit({ type: 'grant', sha256: toHex(random(32)), infohash: toHex(random(20)) }, null)
      return { txid: submit({ type: 'tick', ...forged.reference, number }, from), number, reference: forged.reference }
    },
  }
}

export interface Story {
  tick(name: string): Promise<number>
  /** What the view of the Supervisor's participant says of it. */
  supervisor(): Promise<string>
  /** A post that waits for approval. */
  ask(name: string, text: string): Promise<RequestView>
  /** Posts and waits until it counts. */
  post(name: string, text: string): Promise<void>
  texts(name: string): Promise<string[]>
  /** A further tick counts everywhere, a post by each counts, and the audit agrees with every root. */
  goesOn(word: string): Promise<void>
  reorg(depth: number): Promise<void>
}

function storyOf(world: World): Story {
  const people = peopleOf(world)
  const tick = async (name: string): Promise<number> => (await world.view(name)).tick?.number ?? -1
  const ask = (name: string, text: string): Promise<RequestView> => people.ask(name, 'post', { topic: 'news', text })
  const post = async (name: string, text: string, topic = 'news'): Promise<void> => void (await people.done(name, 'post', { topic, text }))
  const texts = async (name: string): Promise<string[]> =>
    (await people.rows(name, ['posts', 'byTopic'], ['news'], 60)).map(({ text }) => String(text)).sort()
  return {
    tick,
    ask,
    post,
    texts,
    supervisor: async () => (await world.view('supervisor')).engagements[0]!.state,
    async reorg(depth) {
      world.chain.reorg(world.chain.height() - depth, [], NOBODY)
      await world.run(3_000)
    },
    async goesOn(word) {
      const before = await tick('bob')
      await world.until('a further tick', async () => (await tick('bob')) > before && (await tick('ann')) > before)
      // A topic of its own: the guestbook lets nobody write all the latest posts of one.
      for (const name of ['ann', 'bob']) await post(name, `of ${name}`, word)
      const seen = (await people.rows('bob', ['posts', 'byTopic'], [word])).map(({ text }) => String(text)).sort()
      if (seen.join() !== 'of ann,of bob') throw new Error(`not counted: ${seen.join(', ')}`)
      const audit = await world.call('bob', 'use.audit', {})
      if (!audit.ok) throw new Error(`the audit does not agree: ${JSON.stringify(audit)}`)
    },
  }
}
