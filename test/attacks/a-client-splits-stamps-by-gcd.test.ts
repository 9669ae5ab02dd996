/** [attack 15] What a client learns of a tick's primes from honest requests of its own, before they are revealed. */
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { open, openBox } from '../../roles/protocol/crypto/index.ts'
import {
  edgeKey,
  hopMessage,
  numberOpening,
  readMessage,
  replyMessage,
  LARGEST_FIXED,
  messageAad,
  openEdge,
  type SealedEdge,
} from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { executeHop } from '../../roles/server/execute.ts'
import { compose, crypto, makeWorld, serve, type Deliver, type World } from '../roles/request/world.ts'

const REQUESTS = 8
const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b))

/** Everything in some JSON that can be read as a number. */
function numbersIn(json: unknown): bigint[] {
  if (typeof json === 'string') return /^[0-9a-f]{64,}$/.test(json) ? [BigInt(`0x${json}`)] : []
  return typeof json === 'object' && json !== null ? Object.values(json).flatMap(numbersIn) : []
}

function edgesIn(json: unknown): Array<[id: string, edge: SealedEdge]> {
  if (typeof json !== 'object' || json === null) return []
  return Object.entries(json).flatMap(([id, value]: [string, unknown]): Array<[string, SealedEdge]> => {
    const isEdge = typeof value === 'object' && value !== null && 'box' in value && 'commit' in value
    return isEdge ? [[id, value as SealedEdge]] : edgesIn(value)
  })
}

/** A client that keeps every random number it drew, to divide its own out of whatever it sees. */
function keeping(world: World): bigint[] {
  const drawn: bigint[] = []
  const { random } = world.ctx
  world.ctx.random = (length) => {
    const bytes = random(length)
    if (length === 32) {
      const number = bytes.slice()
      number[0]! |= 0x80
      drawn.push(BigInt(`0x${Buffer.from(number).toString('hex')}`))
    }
    return bytes
  }
  return drawn
}

/** The products of primes that follow from numbers and the client's own ones. */
const productsOf = (seen: bigint[], own: bigint[]): bigint[] => [
  ...new Set(seen.flatMap((number) => own.flatMap((first) => (number > first && number % first === 0n ? [number / first] : [])))),
]

/** Every number in what came back, opened with all that the client has. */
function seenByClient(secret: string, request: string, reply: Uint8Array): bigint[] {
  const keyOf = (id: string): Uint8Array => edgeKey(crypto, fromHex(secret), id)
  const plain = openBox(crypto, keyOf('$reply'), reply, messageAad('reply', request))!
  const json = must(readMessage('reply', replyMessage, plain))
  const opened = edgesIn(json).flatMap(([id, edge]) =>
    [id, 'final', 'writes.0', 'writes.1'].flatMap((name) => {
      const room = Math.min(LARGEST_FIXED, Buffer.from(edge.box, 'base64').length - 16)
      const value = openEdge(crypto, keyOf(name), name, edge, room)
      return value.ok ? numbersIn(JSON.parse(new TextDecoder().decode(value.value))) : []
    }),
  )
  return [...numbersIn(json), ...opened]
}

/** Parts of products that two of them share, or that are left when a shared one is divided out. */
function partsOf(products: bigint[]): Set<bigint> {
  const parts = new Set<bigint>()
  for (const [i, one] of products.entries()) {
    for (const other of products.slice(i + 1)) {
      const shared = gcd(one, other)
      if (shared > 1n && shared < one && shared < other) for (const part of [shared, one / shared, other / shared]) parts.add(part)
    }
  }
  return parts
}

/** For each version of `post`: the factor by which a request passes it that writes one post. */
const factorsOf = (world: World, block: number): bigint[] =>
  world.reveal.versions
    .filter((version) => version.endpoint === 'post' && version.block === block)
    .map(({ passage, sites }) => [passage, ...sites].map((prime) => BigInt(`0x${prime}`)).reduce((product, prime) => product * prime, 1n))

async function ask(world: World, number: number, deliver?: Deliver) {
  const composed = await compose(world, 'post', { topic: 'weather', text: `Number ${number}` })
  return { pending: composed.pending, reply: must(serve(world, composed, deliver)) }
}

describe('a client that sends eight honest requests', () => {
  it('sees no number but its own, and so no product of primes', async () => {
    const world = await makeWorld({ seed: 'gcd', servers: 9 })
    const own = keeping(world)
    const products: bigint[] = []
    for (let number = 0; number < REQUESTS; number++) {
      const { pending, reply } = await ask(world, number)
      products.push(...productsOf(seenByClient(pending.secret, pending.request, reply), own))
    }
    const factors = [0, 1].flatMap((block) => factorsOf(world, block))
    expect(factors).toHaveLength(4)
    // It would have had them all: the last numbers went through these factors.
    expect(factors.filter((factor) => partsOf(products).has(factor))).toEqual([])
    expect(products).toEqual([])
  })

  it('learns the factor of the one version that its seat at the first block holds, from a server of its own at the second: the stated limit (PROTOCOL 17)', async () => {
    const world = await makeWorld({ seed: 'gcd with a server', servers: 9 })
    const own = keeping(world)
    const seen: bigint[] = []
    for (let number = 0; number < REQUESTS; number++) {
      await ask(world, number, (server, bytes) => {
        const { privateKey, publicKey } = world.servers.get(server)!.sealing
        const plain = must(open(crypto, privateKey, publicKey, bytes, messageAad('hop', server)))
        const { handoff, start, lane, links } = must(readMessage('hop', hopMessage, plain))
        // Servers of the second block are the client's own: they open what is handed to them.
        if (handoff !== null) {
          const aad = messageAad('handoff', start.request, lane, links.length)
          const opened = must(open(crypto, privateKey, publicKey, Buffer.from(handoff, 'base64'), aad))
          seen.push(...numbersIn(must(readMessage('number', numberOpening, opened))))
        }
        return executeHop(world.ctx, world.hopEnv(server), bytes)
      })
    }
    const products = productsOf(seen, own)
    // All its requests of a tick go to the same seat of the first block, so the other version's factor is not among them.
    expect(products).toHaveLength(1)
    expect(factorsOf(world, 0)).toContain(products[0])
    // Such a server needs no client for that: two requests of anybody through one version differ in the clients' numbers only.
    const cofactors = seen.slice(1).map((number, i) => gcd(seen[i]!, number) / products[0]!)
    expect(cofactors.every((cofactor) => cofactor < 2n ** 20n)).toBe(true)
  })
})
