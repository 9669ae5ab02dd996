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
import { PROTOCOL_VERSION } from '../../roles/protocol/version.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { inputs } from '../vectors/protocol/inputs.ts'

const FAULTS = 128_000
const LETTERS = [...'!#$%&()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz{|}~']
/** As many names as fit into a mebibyte, each of them and its value a fault. */
const names = (count: number): Json => {
  const letter = (i: number, at: number): string => LETTERS[Math.floor(i / LETTERS.length ** at) % LETTERS.length]!
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [letter(i, 0) + letter(i, 1) + letter(i, 2), 0]))
}
const MANY = names(FAULTS)
const ZEROS: Json = Array.from({ length: 2 * FAULTS }, () => 0)

/** Where a list or an object of any size may stand, in each type of document. What is around it is right, so that nothing before it refuses the document. */
const PLACES: Array<[DocumentType, place: string, Json]> = [
  ['update', 'writes.0.fields', MANY],
  ['update', 'writes.0.carried', MANY],
  ['update', 'another', MANY],
  ['update', 'writes', ZEROS],
  ['update', 'writes.0', MANY],
  ['update', 'start', MANY],
  ['update', 'start.numbers', ZEROS],
  ['update', 'lanes', ZEROS],
  ['update', 'lanes.0', ZEROS],
  ['update', 'lanes.0.0', MANY],
  ['update', 'lanes.0.0.sites', ZEROS],
  ['update', 'lanes.0.0.own', ZEROS],
  ['update', 'keySigs', ZEROS],
  ['dispute', 'links', ZEROS],
  ['dispute', 'commits', MANY],
  ['dispute', 'opened', MANY],
  ['dispute', 'keys', MANY],
  ['dispute', 'shown.queries', ZEROS],
  ['dispute', 'shown.slots', ZEROS],
  ['tick', 'summary.verdicts', ZEROS],
  ['tick', 'summary.documents', ZEROS],
  ['tick', 'tombstones', ZEROS],
  ['tick', 'burials', ZEROS],
  ['tick', 'servers', ZEROS],
  ['tick', 'plans.0.ready', ZEROS],
  ['tick', 'plans.0.code', ZEROS],
  ['tick', 'plans.0.endpoints', MANY],
  ['tick', 'plans.0.endpoints.post', ZEROS],
  ['tick', 'plans.0.endpoints.post.0.versions', ZEROS],
  ['tick', 'plans.0.endpoints.post.0.label.outputs', ZEROS],
  ['tick', 'plans.0.endpoints.post.0.label.sites', [{ decided: ZEROS, fields: {} }]],
  ['tick', 'plans.0.endpoints.post.0.label.sites', [{ decided: [], fields: MANY }]],
  ['tick', 'indices', ZEROS],
  ['tick', 'indices.0.chunks', ZEROS],
]

/** The same with something else at a place. */
function put(json: Json, [name, ...rest]: string[], value: Json): Json {
  if (name === undefined) return value
  if (Array.isArray(json)) return json.with(Number(name), put(json[Number(name)]!, rest, value))
  const record = json as Record<string, Json>
  return { ...record, [name]: put(record[name] ?? null, rest, value) }
}

describe('a document whose faults are as many as fit', () => {
  const right = (type: DocumentType): Json => {
    const [by, sig] = ['00'.repeat(32), '00'.repeat(64)]
    return { ...inputs.documents.fields[type], type, v: PROTOCOL_VERSION, by, sig }
  }

  it.each(PLACES)('%s, %s: is refused by the first of them', (type, place, content) => {
    expect(openDocument(crypto, type, canonicalBytes(right(type)))).toMatchObject({ error: { code: 'document.signature' } })
    const bytes = canonicalBytes(put(right(type), place.split('.'), content))
    expect(bytes.length).toBeLessThanOrEqual(documentKinds[type].limit)
    const opened = openDocument(crypto, type, bytes)
    expect(opened).toMatchObject({ ok: false, error: { code: `${type}.schema` } })
    // A name that nothing has is told of the whole.
    const told = opened.ok ? '' : String(opened.error.details?.['field'])
    expect(told.startsWith(place === 'another' ? type : `${type}.${place}`)).toBe(true)
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
