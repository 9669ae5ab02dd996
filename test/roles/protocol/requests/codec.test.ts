/** The binary form of messages: everything that is read is what would be written, and nothing that is damaged is read. */
import { describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { concatBytes, toHex, uint32, utf8 } from '../../../../roles/protocol/bytes.ts'
import {
  codecOf,
  differingReply,
  envelopeMessage,
  hopMessage,
  hopReply,
  messageBytes,
  MOST_PARTS,
  numberOpening,
  readMessage,
  replyMessage,
  requestMessage,
  shownMessage,
  stepOf,
  type EnvelopeMessage,
  type HopReply,
  type LegReply,
} from '../../../../roles/protocol/requests/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { inputs } from '../../../vectors/protocol/inputs.ts'
import { seeded } from '../../../tools/seeded.ts'

const { envelope, shown, reply } = inputs.messages as { envelope: EnvelopeMessage; shown: typeof inputs.messages.shown; reply: HopReply }
const { link, writes } = reply
const { sites: _sites, ...fields } = link
const leg: LegReply = {
  lanes: [
    { links: [link, { ...fields, sites: [] }], handoff: 'AAEC' },
    { links: [link], handoff: null },
  ],
  outputs: reply.outputs,
  writes: [writes],
}
const { request, app, tick, endpoint, base, planned, sig } = link
const start = { request, app, tick, endpoint, client: app, base, planned, seat: app, numbers: [app, base], keys: planned, sig }
const hop = {
  ...{ start, lane: 1, links: [link], version: app, envelope: Uint8Array.of(0, 1, 255), shown: new Uint8Array(0) },
  ...{ edges: reply.outputs, commits: { 'request.text': app }, handoff: 'AAEC', reply: base },
}
const differ = { before: {}, differ: [{ links: [link], outputs: reply.outputs, writes }] }
const MESSAGES: Array<[string, z.ZodType, unknown]> = [
  ['an envelope', envelopeMessage, envelope],
  ['the last envelope', envelopeMessage, { ...envelope, next: null, number: null, keys: {} }],
  ['what is shown', shownMessage, shown],
  ['a number', numberOpening, { number: 'f0', salt: 'ab'.repeat(32) }],
  ['a hop', hopMessage, hop],
  ['a hop reply', hopReply, reply],
  ['a leg reply', replyMessage, leg],
  ['a differing reply', replyMessage, differ],
]

/** What is read of these bytes, or where they are refused. */
const told = (schema: z.ZodType, bytes: Uint8Array): unknown => {
  const read = readMessage('it', schema, bytes)
  return read.ok ? read.value : read.error.details?.['field']
}

describe.each(MESSAGES)('%s', (_name, schema, message) => {
  const bytes = messageBytes(schema, message)

  it('is read as it was written, by its schema too', () => {
    const read = must(readMessage('it', schema, bytes))
    expect(read).toEqual(message)
    expect(schema.safeParse(read).success).toBe(true)
  })

  it('is refused at every length but its own', () => {
    for (let length = 0; length < bytes.length; length++) expect(told(schema, bytes.subarray(0, length)), String(length)).toMatch(/^it/)
    for (const more of [Uint8Array.of(0), new Uint8Array(bytes.length), Uint8Array.of(1)])
      expect(told(schema, concatBytes(bytes, more))).toBe('it')
  })

  it('has one form: what is read of changed bytes is what these bytes are written from', () => {
    const random = seeded('changed bytes')
    for (let round = 0; round < 3_000; round++) {
      const changed = Uint8Array.from(bytes)
      const [at, to] = random(3)
      changed[((at! << 8) | random(1)[0]!) % changed.length] = to!
      const read = readMessage('it', schema, changed)
      // JSON of an application has more than one form.
      if (read.ok && schema !== shownMessage) expect(toHex(messageBytes(schema, read.value))).toBe(toHex(changed))
      else if (!read.ok) expect(read.error.code).toBe('it.schema')
    }
  })
})

describe('a message of a stranger', () => {
  it('allocates nothing for what it merely announces', () => {
    const most = uint32(0xffff_ffff)
    expect(told(shownMessage, most)).toBe('it.caller')
    expect(told(z.strictObject({ keys: envelopeMessage.shape.keys }), most)).toBe('it.keys')
    expect(told(z.strictObject({ links: hopMessage.shape.links }), most)).toBe('it.links')
    // As many as may be, and as many as there are bytes for.
    expect(told(z.strictObject({ links: hopMessage.shape.links }), concatBytes(uint32(256), new Uint8Array(200)))).toBe('it.links')
  })

  it('names the field that is wrong, and no more of it than a few words', () => {
    const wrong: Array<[z.ZodType, unknown, string]> = [
      [hopReply, { ...reply, link: { ...link, lane: 17 } }, 'it.link.lane'],
      [hopReply, { ...reply, link: { ...link, endpoint: 'no name' } }, 'it.link.endpoint'],
      [hopReply, { ...reply, link: { ...link, own: Array.from({ length: 65 }, () => 'ab'.repeat(32)) } }, 'it.link.own'],
      [hopReply, { ...reply, outputs: { ['x'.repeat(201)]: writes } }, 'it.outputs.0'],
      [replyMessage, { ...leg, lanes: [] }, 'it.lanes'],
      [replyMessage, { ...leg, lanes: [leg.lanes[0], { links: [], handoff: null }] }, 'it.lanes.1.links'],
      [differingReply, { ...differ, before: JSON.parse('{"__proto__":{"commit":"00","box":""}}') as object }, 'it.before'],
    ]
    for (const [schema, message, field] of wrong.slice(0, -1)) expect(told(schema, messageBytes(schema, message)), field).toBe(field)
    const long = readMessage('it', hopReply, messageBytes(hopReply, { ...reply, outputs: { ['x'.repeat(200_000)]: writes } }))
    expect(JSON.stringify(long).length).toBeLessThan(2_000)
  })

  it('has no name twice, and none that every object has as its prototype', () => {
    const schema = z.strictObject({ keys: envelopeMessage.shape.keys })
    const entry = (id: string): Uint8Array => concatBytes(uint32(id.length), utf8(id), new Uint8Array(32).fill(7))
    const padded = (bytes: Uint8Array): Uint8Array => concatBytes(bytes, new Uint8Array(stepOf(bytes.length) - bytes.length))
    expect(told(schema, padded(concatBytes(uint32(2), entry('a'), entry('b'))))).toEqual({
      keys: { a: '07'.repeat(32), b: '07'.repeat(32) },
    })
    expect(told(schema, padded(concatBytes(uint32(2), entry('a'), entry('a'))))).toBe('it.keys')
    expect(told(schema, padded(concatBytes(uint32(1), entry('__proto__'))))).toBe('it.keys')
    const own = told(schema, padded(concatBytes(uint32(1), entry('toString')))) as { keys: object }
    expect(Object.keys(own.keys)).toEqual(['toString'])
  })

  it('has so many parts at most, all of its lists and records together', () => {
    const lanes = (each: number) => [
      { links: Array.from({ length: 9 }, () => ({ ...link, own: [], sites: Array(each).fill(0) })), handoff: null },
    ]
    expect(told(replyMessage, messageBytes(replyMessage, { ...leg, lanes: lanes(3_600) }))).toMatchObject({ writes: [writes] })
    expect(9 * 4_000).toBeGreaterThan(MOST_PARTS)
    expect(told(replyMessage, messageBytes(replyMessage, { ...leg, lanes: lanes(4_000) }))).toBe('it.lanes.0.links.8.sites')
    expect(readMessage('it', replyMessage, messageBytes(replyMessage, { ...leg, lanes: lanes(4_000) }), 2 * MOST_PARTS).ok).toBe(true)
  })

  it('has numbers above zero, without zeros before them', () => {
    const salt = new Uint8Array(32)
    const number = (digits: Uint8Array): unknown =>
      told(numberOpening, concatBytes(uint32(digits.length), digits, salt, new Uint8Array(28 - digits.length)))
    expect(number(Uint8Array.of(0x0f))).toEqual({ number: 'f', salt: '00'.repeat(32) })
    for (const digits of [[], [0], [0, 1]]) expect(number(Uint8Array.from(digits)), String(digits)).toBe('it.number')
  })
})

it('has no form for a schema that bounds nothing', () => {
  for (const schema of [z.strictObject({ a: z.date() }), z.union([z.boolean(), z.null()])]) expect(() => codecOf(schema)).toThrow(/no form/)
  expect(() => codecOf(z.strictObject({ a: z.array(z.null()) }))).toThrow(/no bound/)
  expect(() => codecOf(z.strictObject({ a: z.string() }))).toThrow(/no bound/)
  expect(() => codecOf(requestMessage)).not.toThrow()
})

it('is the same in a browser, which has no Buffer', async () => {
  vi.resetModules()
  vi.stubGlobal('Buffer', undefined)
  const browser = await import('../../../../roles/protocol/requests/index.ts').finally(() => vi.unstubAllGlobals())
  expect(browser.hopReply).not.toBe(hopReply)
  const schemas: Array<[z.ZodType, z.ZodType, unknown]> = [
    [hopReply, browser.hopReply, reply],
    [hopMessage, browser.hopMessage, hop],
    [envelopeMessage, browser.envelopeMessage, envelope],
    [shownMessage, browser.shownMessage, shown],
  ]
  for (const [ours, theirs, message] of schemas) {
    const bytes = messageBytes(ours, message)
    expect(toHex(browser.messageBytes(theirs, message))).toBe(toHex(bytes))
    expect(must(browser.readMessage('it', theirs, bytes))).toEqual(message)
  }
})

it('throws where our own value is none', () => {
  expect(() => messageBytes(hopReply, { ...reply, link: { ...link, server: 'zz'.repeat(32) } })).toThrow(/hex/)
  expect(() => messageBytes(hopReply, { ...reply, link: { ...link, tick: -1 } })).toThrow(/32 bits/)
  expect(() => messageBytes(hopReply, { ...reply, handoff: '?' })).toThrow()
})
