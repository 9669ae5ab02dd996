/** Every document type, from its vector: what is opened, and that nothing else is. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fastCrypto as crypto } from '../../../../main/adapters/crypto/fast.ts'
import { fromHex, utf8 } from '../../../../roles/protocol/bytes.ts'
import { canonicalBytes, type Json } from '../../../../roles/protocol/canonical.ts'
import { documentKinds, documentTypes, openDocument, signUnder, type DocumentType } from '../../../../roles/protocol/documents/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

type Body = Record<string, Json>
const vector = JSON.parse(readFileSync(new URL('../../../vectors/protocol/documents.json', import.meta.url), 'utf8')) as {
  input: { privateKey: string; auxiliary: string }
  expected: Record<DocumentType, { 'document.json': string; digest: string }>
}
const bodyOf = (type: DocumentType): Body => JSON.parse(vector.expected[type]['document.json']) as Body

/** The changed document under a right signature, so that only the change can be refused. */
function resigned(type: DocumentType, change: (body: Body) => void): Uint8Array {
  const body = bodyOf(type)
  change(body)
  return canonicalBytes({ ...body, sig: signUnder(crypto, type, body, fromHex(vector.input.privateKey), fromHex(vector.input.auxiliary)) })
}

function refusal(type: DocumentType, bytes: Uint8Array): string {
  const opened = openDocument(crypto, type, bytes)
  return opened.ok ? 'opened' : `${opened.error.code} ${String(opened.error.details?.['field'] ?? '')}`.trim()
}

/** A path to every object, list and value below, with the object or list that holds it. */
function* places(holder: Json, path: string[] = []): Generator<{ path: string[]; holder: Record<string, Json>; key: string }> {
  if (holder === null || typeof holder !== 'object') return
  for (const [key, value] of Object.entries(holder)) {
    yield { path: [...path, key], holder: holder as Record<string, Json>, key }
    yield* places(value, [...path, key])
  }
}
/** Values of an app: any JSON is one, and the program says which is right. */
const isAppValue = (path: string[]): boolean =>
  ['fields', 'initial', 'value', 'proof', 'caller'].some((name) => path.slice(0, -1).includes(name) || path.at(-1) === name)

describe.each(documentTypes)('a document of type %s', (type) => {
  it('is opened as its vector says', () => {
    const { 'document.json': text, digest } = vector.expected[type]
    expect(must(openDocument(crypto, type, utf8(text), digest)).body).toEqual(bodyOf(type))
  })

  it('is refused by the name of the field, wherever one is missing, unknown, or of another kind', () => {
    let tried = 0
    for (const { path } of places(bodyOf(type))) {
      if (path[0] === 'sig' || isAppValue(path) || /^\d+$/.test(path.at(-1)!)) continue
      const at = (body: Body) => [...places(body)].find((place) => place.path.join('.') === path.join('.'))!
      const change = (act: (holder: Record<string, Json>, key: string) => void) =>
        refusal(
          type,
          resigned(type, (body) => act(at(body).holder, at(body).key)),
        )
      const optional = path.at(-1) === 'outputs'
      const missing = change((holder, key) => delete holder[key])
      const wrong = change((holder, key) => (holder[key] = { strange: ['kind'] }))
      const names = (outcome: string) => outcome.startsWith(`${type}.schema ${type}`)
      tried++
      // An entry of a record or a list may be missing; what holds it then has one less.
      const isEntry = ['endpoints', 'carried', 'commits', 'opened', 'keys'].includes(path.at(-2) ?? '')
      expect([path.join('.'), 'missing', names(missing) || isEntry || optional]).toEqual([path.join('.'), 'missing', true])
      expect([path.join('.'), 'wrong', names(wrong)]).toEqual([path.join('.'), 'wrong', true])
    }
    expect(tried).toBeGreaterThan(4)
    expect(
      refusal(
        type,
        resigned(type, (body) => (body['extra'] = 1)),
      ),
    ).toMatch(`${type}.schema`)
  })

  it('is refused as another type, in another version, by another signer, changed by one byte, or not canonical', () => {
    const text = vector.expected[type]['document.json']
    for (const other of documentTypes.filter((one) => one !== type)) expect(refusal(other, utf8(text))).toContain(`${other}.schema`)
    expect(
      refusal(
        type,
        resigned(type, (body) => (body['v'] = 1)),
      ),
    ).toBe(`${type}.schema ${type}.v`)
    const { by, sig } = bodyOf(type) as { by: string; sig: string }
    const other = `${by.startsWith('0') ? '1' : '0'}${by.slice(1)}`
    expect(refusal(type, utf8(text.replace(`"by":"${by}"`, `"by":"${other}"`)))).toBe('document.signature')
    const forged = `${sig.startsWith('0') ? '1' : '0'}${sig.slice(1)}`
    expect(refusal(type, utf8(text.replace(sig, forged)))).toBe('document.signature')
    expect(refusal(type, utf8(text.replace(',"sig":', ', "sig":')))).toBe('canonical.form')
    expect(openDocument(crypto, type, utf8(text), '0'.repeat(64))).toMatchObject({ error: { code: 'document.digest' } })
  })

  it('is refused above its greatest size before anything of it is read', () => {
    expect(refusal(type, new Uint8Array(documentKinds[type].limit + 1))).toBe('canonical.too-large')
  })
})
