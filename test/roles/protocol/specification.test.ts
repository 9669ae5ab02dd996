/** PROTOCOL.md keeps up with the code: nothing that travels or is refused may be missing on the page. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  documentKinds,
  documentTypes,
  file,
  link,
  partsOfRecords,
  reference,
  start,
  write,
} from '../../../roles/protocol/documents/index.ts'
import {
  continuationMessage,
  envelopeMessage,
  hopMessage,
  hopReply,
  differingReply,
  legReply,
  requestMessage,
  shownMessage,
} from '../../../roles/protocol/requests/index.ts'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('PROTOCOL.md', root), 'utf8')
const sources = readdirSync(new URL('roles/protocol/', root), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const code = sources.map((file) => readFileSync(new URL(`roles/protocol/${file}`, root), 'utf8')).join('\n')

/** The text below a heading, up to the next one of any level. */
function section(heading: string): string {
  const from = page.indexOf(`\n${heading}`)
  if (from < 0) throw new Error(`PROTOCOL.md has no heading «${heading}»`)
  const to = page.slice(from + 1).search(/\n#{2,3} /)
  return to < 0 ? page.slice(from) : page.slice(from, from + 1 + to)
}

/** Names of fields that stand in code marks, alone or in an object. */
const mentions = (text: string, field: string): boolean =>
  [...text.matchAll(/`([^`]*)`/g)].some((match) => match[1]!.split(/[^A-Za-z$]+/).includes(field))

interface Shape {
  def: { type: string; shape?: object; element?: Shape; options?: Shape[]; innerType?: Shape }
}

/** Paths of all fields of a schema; what names a document or a file is one field. */
function fieldsOf(schema: unknown, path = ''): string[] {
  const record = partsOfRecords.get(schema as object)
  if (record !== undefined) return fieldsOf(record.value, `${path}.*`)
  const { def } = schema as Shape
  if (def.type === 'array') return fieldsOf(def.element, `${path}[]`)
  if (def.type === 'optional') return fieldsOf(def.innerType, path)
  if (def.type === 'union')
    return [...new Set(def.options!.filter(({ def: { type } }) => type !== 'null').flatMap((one) => fieldsOf(one, path)))]
  if (def.type !== 'object' || schema === reference || schema === file) return [path.replace(/(\[\]|\.\*)+$/, '')]
  return Object.entries(def.shape!).flatMap(([name, field]) => fieldsOf(field, path === '' ? name : `${path}.${name}`))
}

const missing = (text: string, shape: object): string[] => Object.keys(shape).filter((field) => !mentions(text, field))

describe('PROTOCOL.md', () => {
  it('describes every field of every document', () => {
    for (const [i, type] of documentTypes.entries()) {
      const { type: _type, v: _v, by: _by, ...shape } = documentKinds[type].schema.shape
      const text = section(`### 5.${i + 1} \`${type}\``)
      expect(missing(text, shape), type).toEqual([])
      expect(text).toContain(`Byte ${documentKinds[type].byte}`)
    }
    expect(missing(section('### 5.7'), write.shape)).toEqual([])
  })

  it('says of every field of a tick what an audit holds it against, and of nothing else', () => {
    const text = section('## 15')
    const rows = text.slice(text.indexOf('| field |')).split('\n\n')[0]!.split('\n').slice(2)
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    expect(rows.filter((row) => row.split('|')[2]!.trim().length < 8)).toEqual([])
    expect(named.toSorted()).toEqual([...new Set(['sig', ...fieldsOf(documentKinds.tick.schema)])].toSorted())
    // What it says that it cannot know is explained, and everything explained is one of those.
    const unknown = [...text.matchAll(/see \(([a-z])\)/g)].map((match) => match[1]!)
    const explained = [...text.matchAll(/^\* \(([a-z])\)/gm)].map((match) => match[1]!)
    expect([...new Set(unknown)].toSorted()).toEqual(['a', 'b', 'c'])
    expect(explained).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('describes every field of threads and messages', () => {
    expect(missing(section('### 12.1'), { ...start.shape, ...link.shape })).toEqual([])
    const messages = [
      ['### 11.3', requestMessage],
      ['### 11.4', envelopeMessage],
      ['### 11.5', hopMessage],
      ['### 11.5', hopReply],
      ['### 11.4', shownMessage],
      ['### 11.6', legReply],
      ['### 11.6', differingReply],
      ['### 11.7', continuationMessage],
    ] as const
    for (const [heading, schema] of messages) {
      expect(missing(section(heading), schema.shape), heading).toEqual([])
    }
  })

  it('lists the fields of what is binary in the order in which they are written', () => {
    const orders = [
      ['### 11.3', [requestMessage]],
      ['### 11.4', [envelopeMessage, shownMessage]],
      ['### 11.5', [hopMessage, hopReply]],
      ['### 11.6', [legReply, differingReply]],
      ['### 12.1', [start, link]],
    ] as const
    for (const [heading, schemas] of orders) {
      const fields = schemas.flatMap(({ shape }) => Object.keys(shape))
      const cells = [...section(heading).matchAll(/^\| (`[a-z]+`(?:, `[a-z]+`)*) \|/gm)].map((match) => match[1]!)
      expect(cells.flatMap((cell) => cell.split(', ').map((name) => name.slice(1, -1))).slice(0, fields.length), heading).toEqual(fields)
    }
  })

  it('lists every tag and every error code of roles/protocol', () => {
    const tags = [...code.matchAll(/tagged(?:Hash|Prefix)\(\s*'(golem\/[a-z/-]+)'/g)].map((match) => match[1]!)
    const signed = [...code.matchAll(/(?:signUnder|verifyUnder|signingDigest)\(\s*\S*crypto,\s*'([a-z]+)'/g)].map(
      (match) => `golem/${match[1]!}`,
    )
    const table = section('### 1.2')
    expect(tags.length).toBeGreaterThan(20)
    expect([...tags, ...signed].filter((tag) => !table.includes(`\`${tag}\``))).toEqual([])
    const codes = [...code.matchAll(/\b(?:fail|failForNow|refuse)\(\s*'([a-z]+\.[a-z-]+)'/g)].map((match) => match[1]!)
    expect(codes.length).toBeGreaterThan(80)
    expect([...new Set(codes)].filter((one) => !section('## 18').includes(`\`${one}\``))).toEqual([])
  })

  it('describes every purpose of a sealed message', () => {
    const purposes = /purpose: ((?:'[a-z]+'(?: \| )?)+),\s+\.\.\.parts/
      .exec(code)![1]!
      .split(' | ')
      .map((one) => one.slice(1, -1))
    expect(purposes.length).toBeGreaterThan(5)
    expect(purposes.filter((purpose) => !section('### 11.1').includes(`| \`${purpose}\` |`))).toEqual([])
  })
})
