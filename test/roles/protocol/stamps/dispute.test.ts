import { beforeAll, describe, expect, it } from 'vitest'
import type { Body, Node } from '../../../../roles/program/index.ts'
import { fromHex, toHex } from '../../../../roles/protocol/bytes.ts'
import { canonicalBytes, type Json } from '../../../../roles/protocol/canonical.ts'
import {
  edgeCommit,
  edgeSalt,
  inputsDigest,
  messageAad,
  readMessage,
  replyMessage,
  startDigest,
  type LegReply,
} from '../../../../roles/protocol/requests/index.ts'
import { checkDispute, codeOf, decideDispute } from '../../../../roles/protocol/stamps/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import type { Lie } from '../../../attacks/liar.ts'
import { keyPair, seeded } from '../../../tools/seeded.ts'
import { compose, crypto, makeWorld, serve, TICK } from '../../request/world.ts'
import { changed, codeIn, dispute, envOf, factsOf, published, verdict, type Disputed } from './disputed.ts'
import { disputeOf } from '../../../../roles/client/dispute.ts'
import { replyKey } from '../../../../roles/client/seal-leg.ts'
import { openBox } from '../../../../roles/protocol/crypto/index.ts'

const ARGS = { topic: 'weather', text: 'A lovely, sunny day' }
const SPAM = { topic: 'weather', text: 'Free money, cheap viagra' }
const adding = (body: Body, node: Node): number => body.nodes.push(node) - 1

/** The guestbook's `post`: block 0 says why a text is refused, block 1 writes the post; it reads a query and carries the text. */
const LIES: Record<string, Lie & { arguments: typeof ARGS }> = {
  'another write': {
    endpoint: 'post',
    position: 1,
    arguments: ARGS,
    change: (body) => {
      const author = adding(body, { op: 'const', type: { kind: 'text', max: 64 }, value: 'ee'.repeat(32) })
      const [effect] = body.effects as unknown as [{ then: [{ fields: Record<string, object> }] }]
      effect.then[0].fields['author'] = { node: author }
    },
  },
  'another output of the first block': { endpoint: 'post', position: 0, arguments: SPAM, change: (body) => (body.outputs = [12]) },
  'another output of a block that writes': { endpoint: 'post', position: 1, arguments: ARGS, change: (body) => (body.outputs = [29, 31]) },
  'another branch': { endpoint: 'post', position: 1, arguments: ARGS, change: (body) => Object.assign(body.effects[0]!, { if: 29 }) },
}
const WRITE = LIES['another write']!

describe.each(Object.keys(LIES))('a server that signs %s', (name) => {
  const lie = LIES[name]!
  it('is buried by the evidence of its client, alone and whichever lane it has, and with all who lie like it', async () => {
    for (const liars of [[0], [1], [2], [0, 2]]) {
      const disputed = await dispute({ seed: `${name} ${liars.join()}` }, lie, lie.arguments, liars)
      expect(verdict(disputed)).toEqual(disputed.liars)
      const [first, second, third] = disputed.fields.links
      // Any two of the links that differ suffice.
      const pair = liars.includes(0) ? [first!, second!] : [second!, third!]
      expect(verdict(disputed, published(disputed, { links: pair }))).toEqual([liars.includes(0) ? first!.server : disputed.liars[0]])
    }
  })

  it('opens what the block opened, and nothing that it only carried', async () => {
    const { fields } = await dispute({ seed: `opened ${name}` }, lie, lie.arguments, [1])
    const opened = lie.position === 0 ? ['request.text', 'request.topic'] : ['block.0.0', 'request.topic', 'slot.0']
    expect(
      Object.keys(fields.opened)
        .filter((id) => id !== 'caller')
        .sort(),
    ).toEqual(opened)
    expect(JSON.stringify(fields).includes(lie.arguments.text)).toBe(lie.position === 0)
  })
})

describe.each([
  ['a post', 'post', ARGS],
  ['a post whose second block is passed without being run', 'post', SPAM],
  ['a like', 'like', { post: 'row' }],
  ['a like of what is not there', 'like', { post: 'ab'.repeat(32) }],
])('innocent servers of %s', (name, endpoint, args) => {
  it('are never buried, whatever another server of their block signs', async () => {
    const posts = [{ topic: 'weather', text: 'rain', author: 'dd'.repeat(32) }]
    const world = await makeWorld({ seed: `innocent ${name}`, servers: 14, lanes: 3, posts })
    const rows = must(await world.reader.range('posts', 'key', [], { limit: 1, descending: false })).rows
    const row = rows[0]!.fields.find(([field]) => field === '$key')![1]
    const composed = await compose(world, endpoint, Object.fromEntries(Object.entries(args).map(([k, v]) => [k, v === 'row' ? row : v])))
    const { pending } = composed
    const plain = openBox(crypto, replyKey(world.ctx, pending), must(serve(world, composed)), messageAad('reply', pending.request))!
    const { lanes, outputs } = must(readMessage('reply', replyMessage, plain)) as LegReply
    for (const [position, { server }] of lanes[0]!.links.entries())
      for (const change of [{ outputs: '77'.repeat(32) }, { sites: [0, 0] }, { own: ['77'.repeat(32)] }]) {
        const facts = factsOf(world)
        const links = lanes.map(({ links: of }) => of[position]!)
        const base = { world, composed, servers: [], liars: [server], facts, code: codeIn(world, endpoint, position) }
        const fake = changed({ ...base, fields: null as never }, links[0]!, change)
        const difference = { position, links: [fake, links[1]!, links[2]!], before: lanes[0]!.links.slice(0, position), outputs }
        const fields = must(await disputeOf(world.ctx, world.clientEnv(), pending, difference))
        expect(verdict({ ...base, fields })).toEqual([server])
      }
  })
})

describe('two servers that lie differently, or a block that fails', () => {
  it('are all buried', async () => {
    const both = await dispute({ seed: 'both' }, WRITE, ARGS, [0])
    const other = changed(both, both.fields.links[1]!, { outputs: '77'.repeat(32) })
    expect(verdict(both, published(both, { links: [both.fields.links[0]!, other] }))).toEqual([both.servers[0], both.servers[1]])
    const short = { ...both.facts, budget: { steps: 1, bytes: 1_000_000 } }
    expect(verdict(both, published(both), envOf(both, { facts: short }))).toEqual(both.servers)
  })
})

describe('a client that wants an innocent server buried', () => {
  let honest: Disputed
  beforeAll(async () => {
    honest = await dispute({ seed: 'innocent' }, WRITE, ARGS, [0])
  })

  /** The dispute with a link of the client's own server, which signs whatever it likes: the innocent one must never be buried. */
  const innocent = (): string => honest.servers[1]!
  const refused = (change: Parameters<typeof published>[1], code: string): void =>
    expect(verdict(honest, published(honest, change))).toBe(code)

  it('cannot open other values, also where it makes commitments to them', () => {
    const { opened, commits, keys } = honest.fields
    const value = 'sports'
    const id = 'request.topic'
    refused({ opened: { ...opened, [id]: { ...opened[id]!, value } } }, 'dispute.inputs')
    const key = fromHex('77'.repeat(32))
    const salt = toHex(edgeSalt(crypto, key, id))
    const commit = edgeCommit(crypto, key, id, canonicalBytes(value))
    refused({ opened: { ...opened, [id]: { value, salt } }, commits: { ...commits, [id]: commit } }, 'dispute.inputs')
    // Its own server signs these inputs; the innocent one did not.
    const code = codeOf(honest.facts, 'post', 1)!
    const inputs = inputsDigest(crypto, startDigest(crypto, honest.fields.start), code, { commits: { ...commits, [id]: commit }, keys })
    const links = honest.fields.links.map((link, i) => (i === 0 ? changed(honest, link, { inputs }) : link))
    refused({ opened: { ...opened, [id]: { value, salt } }, commits: { ...commits, [id]: commit }, links }, 'dispute.links')
  })

  it('cannot leave values out, add some, or open what was only carried', () => {
    const { opened, commits } = honest.fields
    const { 'request.topic': _topic, ...fewer } = opened
    refused({ opened: fewer }, 'dispute.inputs')
    refused({ opened: { ...opened, 'request.text': opened['request.topic']! } }, 'dispute.inputs')
    const { 'request.text': _carried, ...without } = commits
    refused({ commits: without }, 'dispute.inputs')
    refused({ commits: { ...commits, 'request.text': '77'.repeat(32) } }, 'dispute.inputs')
  })

  it('cannot show other keys, under which the innocent one would have salted otherwise', () => {
    const { keys } = honest.fields
    for (const id of Object.keys(keys)) refused({ keys: { ...keys, [id]: '77'.repeat(32) } }, 'dispute.inputs')
    refused({ keys: {} }, 'dispute.inputs')
    refused({ keys: { ...keys, 'writes.0': '77'.repeat(32) } }, 'dispute.inputs')
  })

  it('cannot compare links of other requests, blocks, inputs, or servers that do not hold the block', async () => {
    const { links } = honest.fields
    const [own, theirs] = [links[0]!, links[1]!]
    const against = (change: Partial<typeof own>): void => refused({ links: [changed(honest, own, change), theirs] }, 'dispute.links')
    against({ request: '77'.repeat(32) })
    against({ position: 0 })
    against({ inputs: '77'.repeat(32) })
    against({ base: '77'.repeat(32) })
    against({ planned: '77'.repeat(32) })
    against({ version: '77'.repeat(32) })
    refused({ links: [theirs, links[2]!] }, 'dispute.links')
    refused({ links: [theirs, theirs] }, 'dispute.links')
    const other = await dispute({ seed: 'another request' }, WRITE, { ...ARGS, topic: 'sports' }, [0])
    refused({ links: [other.fields.links[0]!, theirs] }, 'dispute.links')
  })

  it('cannot forge a signature: of the innocent server, of its own start', () => {
    const { links, start } = honest.fields
    const forged = changed(honest, links[1]!, { outputs: '77'.repeat(32) }, true)
    refused({ links: [forged, links[2]!] }, 'dispute.signature')
    // In the order of their lanes.
    refused({ links: [links[2]!, forged] }, 'dispute.links')
    refused({ start: { ...start, sig: '77'.repeat(64) } }, 'dispute.signature')
  })

  it('cannot show rows that the tick does not have, or none', () => {
    const { shown } = honest.fields
    refused({ shown: { ...shown, queries: [] } }, 'dispute.proof')
    refused({ shown: { ...shown, slots: [] } }, 'dispute.proof')
    const proof = structuredClone(shown.slots[0]!.proof) as unknown as { pages: Array<{ entries: Array<[string, Json]> }> }
    proof.pages[0]!.entries[0]![1] = '77'.repeat(32)
    refused({ shown: { ...shown, slots: [{ slot: 0, proof: proof }] } }, 'dispute.proof')
  })

  it('cannot dispute for somebody else, in another app, too late, on a tick that the chain does not have, or twice', () => {
    const document = published(honest)
    expect(verdict(honest, published(honest, {}, keyPair(seeded('stranger'))))).toBe('dispute.client')
    expect(verdict(honest, published(honest, { app: '77'.repeat(32) }))).toBe('dispute.app')
    expect(verdict(honest, document, envOf(honest, { number: TICK + 12 }))).toEqual(honest.liars)
    expect(verdict(honest, document, envOf(honest, { number: TICK + 13 }))).toBe('dispute.late')
    expect(verdict(honest, document, envOf(honest, { facts: null }))).toBe('dispute.base')
    const planned = { ...honest.facts.planned, published: '77'.repeat(32) }
    for (const other of [{ base: '77'.repeat(32) }, { planned }])
      expect(verdict(honest, document, envOf(honest, { facts: { ...honest.facts, ...other } }))).toBe('dispute.base')
    expect(verdict(honest, document, envOf(honest, { tombstoned: () => true }))).toBe('dispute.known')
    expect(verdict(honest, document, envOf(honest, { tombstoned: (id) => id === innocent() }))).toEqual(honest.liars)
  })

  it('is not helped by a Supervisor that adds another body or salt, or none', () => {
    const { body } = codeIn(honest.world, 'post', 0)
    for (const code of [null, { ...honest.code, body }, { ...honest.code, salt: '77'.repeat(32) }])
      expect(verdict(honest, published(honest), envOf(honest), code)).toBe('dispute.code')
  })

  it('has no innocent server buried by any single change of the document', () => {
    const { links } = honest.fields
    const document = published(honest)
    expect(verdict(honest, document)).toEqual([links[0]!.server])
    const random = seeded('changes')
    const paths = leaves(document)
    for (let i = 0; i < 400; i++) {
      const path = paths[random(4).reduce((sum, byte) => sum * 256 + byte, 0) % paths.length]!
      const copy = structuredClone(document)
      change(copy, path, random)
      const checked = checkDispute({ crypto }, envOf(honest), copy)
      const decided = checked.ok ? must(decideDispute({ crypto }, checked.value, honest.code)).map(({ subject }) => subject) : []
      expect(
        decided.filter((id) => id !== links[0]!.server),
        path.join('.'),
      ).toEqual([])
    }
  })
})

/** Paths of all texts and numbers. */
function leaves(value: Json, path: Array<string | number> = []): Array<Array<string | number>> {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, part]) => leaves(part, [...path, name]))
}

function change(root: Record<string, Json>, path: Array<string | number>, random: (length: number) => Uint8Array): void {
  let at = root
  for (const name of path.slice(0, -1)) at = at[name] as Record<string, Json>
  const name = path.at(-1)!
  const value = at[name]
  if (typeof value === 'number') at[name] = value + 1
  else if (typeof value === 'string' && value.length > 0) {
    const place = random(1)[0]! % value.length
    at[name] = value.slice(0, place) + (value[place] === '0' ? '1' : '0') + value.slice(place + 1)
  } else at[name] = 'x'
}
