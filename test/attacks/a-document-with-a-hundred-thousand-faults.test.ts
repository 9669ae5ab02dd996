/**
 * Whoever has one key of the app may publish a document of full size, and a Supervisor one of 32 MiB. A schema that collects every complaint about it runs out
 * of stack and throws (Zod 4: `push(...issues)` with more than some 125,000 of them), in every node that opens it: one client's update of 1 MiB stopped the decision of a tick, for ever.
 *
 * Detected where a document is opened: the first fault refuses it (`<type>.schema`), and its verdict is `….unavailable` or none. Punishment: none, its author paid the
 * anchor. Lost: reading a mebibyte.
 */
import { describe, expect, it } from 'vitest'
import { canonicalBytes, type Json } from '../../roles/protocol/canonical.ts'
import { documentKinds, openDocument, type DocumentType } from '../../roles/protocol/documents/index.ts'
import {
  codeFile,
  differingReply,
  draftWrites,
  hopMessage,
  hopReply,
  legReply,
  requestMessage,
} from '../../roles/protocol/requests/index.ts'
import { checkSchema } from '../../roles/protocol/documents/index.ts'
import { crypto } from '../roles/supervisor/actors.ts'

const FAULTS = 128_000
const LETTERS = [...'!#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~']
/** As many names as fit into a mebibyte, each of them and its value a fault. */
const names = (count: number): Json => {
  const letter = (i: number, at: number): string => LETTERS[Math.floor(i / LETTERS.length ** at) % LETTERS.length]!
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [letter(i, 0) + letter(i, 1) + letter(i, 2), 0]))
}
const MANY = names(FAULTS)
const ZEROS: Json = Array.from({ length: 2 * FAULTS }, () => 0)

/** Where a list or an object of any size may stand, in each type of document. */
const PLACES: Array<[DocumentType, string, Json]> = [
  ['update', 'fields of a write', { writes: [{ fields: MANY }] }],
  ['update', 'carried fields of a write', { writes: [{ carried: MANY }] }],
  ['update', 'names of its own', MANY],
  ['update', 'writes', { writes: ZEROS }],
  ['update', 'sites of a link', { lanes: [[{ sites: ZEROS }]] }],
  ['update', 'names in a link', { lanes: [[MANY]] }],
  ['update', 'lanes', { lanes: ZEROS }],
  ['dispute', 'commitments', { commits: MANY }],
  ['dispute', 'opened values', { opened: MANY }],
  ['dispute', 'keys', { keys: MANY }],
  ['dispute', 'queries', { shown: { caller: 0, queries: ZEROS, slots: ZEROS } }],
  ['tick', 'verdicts', { summary: { verdicts: ZEROS, documents: ZEROS } }],
  ['tick', 'tombstones', { tombstones: ZEROS }],
  ['tick', 'burials', { burials: ZEROS }],
  ['tick', 'servers', { servers: ZEROS }],
  ['tick', 'endpoints of a plan', { plans: [{ endpoints: MANY }] }],
  [
    'tick',
    'fields of a label',
    { plans: [{ endpoints: { post: [{ label: { outputs: [ZEROS], sites: [{ decided: ZEROS, fields: MANY }] } }] } }] },
  ],
  ['tick', 'indices', { indices: [{ chunks: ZEROS }] }],
]

describe('a document whose faults are as many as fit', () => {
  it.each(PLACES)('%s, %s: is refused by the first of them', (type, _where, content) => {
    const bytes = canonicalBytes({ ...(content as Record<string, Json>), type, v: 1, by: '00'.repeat(32), sig: '00'.repeat(64) })
    expect(bytes.length).toBeLessThanOrEqual(documentKinds[type].limit)
    const opened = openDocument(crypto, type, bytes)
    expect(opened).toMatchObject({ ok: false, error: { code: `${type}.schema` } })
    expect(JSON.stringify(opened).length).toBeLessThan(2_000)
  })
})

describe('a message whose faults are as many as fit', () => {
  it.each([
    ['reply', hopReply, { outputs: MANY }],
    ['reply', legReply, { outputs: MANY, writes: ZEROS, lanes: ZEROS }],
    ['reply', legReply, { lanes: [{ links: [{ sites: ZEROS }] }] }],
    ['reply', differingReply, { before: MANY, differ: [{ outputs: MANY }] }],
    ['writes', draftWrites, [{ fields: MANY }]],
    ['writes', draftWrites, [{ fields: {}, carried: MANY }]],
    ['hop', hopMessage, { edges: MANY, commits: MANY }],
    ['request', requestMessage, { edges: MANY }],
    ['code', codeFile, { blocks: ZEROS }],
  ] as const)('%s: is refused by the first of them', (what, schema, json) => {
    const checked = checkSchema(what, schema, json)
    expect(checked).toMatchObject({ ok: false, error: { code: `${what}.schema` } })
    expect(JSON.stringify(checked).length).toBeLessThan(2_000)
  })

  it('says a name that a stranger made in a few words', () => {
    const checked = checkSchema('reply', hopReply, { outputs: { ['x'.repeat(1 << 20)]: 0 } })
    expect(JSON.stringify(checked).length).toBeLessThan(2_000)
  })
})

it('the names of every object are their own', () => {
  const json = JSON.parse('{"__proto__": {"commit": "00", "box": ""}}') as Json
  expect(checkSchema('reply', hopReply.shape.outputs, json).ok).toBe(false)
})
