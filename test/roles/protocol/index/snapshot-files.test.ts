import { describe, expect, it } from 'vitest'
import {
  createDatabase,
  applyUpdate,
  registerClient,
  reserveKey,
  reduceProof,
  verifyReduced,
  openSnapshot,
  snapshotFiles,
  snapshot,
  verifyIndex,
} from '../../../../roles/protocol/index/index.ts'
import { file, type Tick } from '../../../../roles/protocol/documents/index.ts'
import { outlineOf } from '../../../../roles/protocol/requests/index.ts'
import { fail, must, ok } from '../../../../roles/protocol/result.ts'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import { crypto, notes } from '../../supervisor/actors.ts'
import { seeded } from '../../../tools/seeded.ts'

const outline = outlineOf(notes)
const AUTHORS = ['a'.repeat(64), 'b'.repeat(64)]

/** Notes of two authors; enough of them for several chunks. */
function library(count: number, damage: (name: string, bytes: Uint8Array) => Uint8Array = (_name, bytes) => bytes) {
  const database = createDatabase(outline)
  const random = seeded('library')
  registerClient(database, AUTHORS[0]!, { registered: 7, seats: '5e'.repeat(32), since: 0 })
  for (let i = 0; i < count; i++) {
    const [key, version, owner] = [toHex(random(32)), toHex(random(32)), AUTHORS[i % 2]!]
    must(reserveKey(database, { key, collection: 'notes', owner, version }))
    must(
      applyUpdate(database, {
        owner,
        version: toHex(random(32)),
        writes: [{ key, collection: 'notes', replaces: version, fields: { author: owner, text: `note ${i}` } }],
      }),
    )
  }
  const taken = snapshot(crypto, database)
  const { indices, files } = snapshotFiles(crypto, taken)
  const content = new Map(files.map(({ name, bytes }) => [name, damage(name, bytes)]))
  const fetched: string[] = []
  const tick = { number: 5, root: taken.root, indices } as Tick
  const fetchFile = (name: string) => {
    fetched.push(name)
    return Promise.resolve(content.has(name) ? ok(content.get(name)!) : fail('test.file', name))
  }
  return { database, tick, files, fetched, source: { crypto, program: outline, tick, fetchFile } }
}

describe('the files of a snapshot', () => {
  it('have names that a document may list, and are named by size and digest', () => {
    const { tick, files } = library(3000)
    const listed = tick.indices.flatMap((index) => [index.directory, ...index.chunks])
    expect(listed.every((entry) => file.safeParse(entry).success)).toBe(true)
    expect(new Set(listed.map((entry) => entry.name)).size).toBe(files.length)
    expect(tick.indices.find((index) => index.name === 'notes.key')!.chunks.length).toBeGreaterThan(2)
  })

  it('[R2] answer a query with a few files and a proof that stands on its own', async () => {
    const { database, source, fetched } = library(3000)
    const reader = must(openSnapshot(source))
    const [key, row] = [...database.collections.get('notes')!][1234]!
    const got = must(await reader.get('notes', key))
    expect(got.value).toMatchObject({ ...row.fields, $key: key, $owner: row.owner })
    expect(fetched).toHaveLength(2)
    const { proved } = got
    expect(verifyIndex(crypto, source.tick.root, proved.indexProof).ok).toBe(true)
    const reduced = reduceProof(crypto, proved.proof, proved.range, ['text'], proved.options)
    expect(
      must(verifyReduced(crypto, proved.indexProof.root, proved.range, JSON.parse(JSON.stringify(reduced)), ['text'], proved.options)),
    ).toEqual([{ text: row.fields!['text'] }])
  })

  it('give all rows of a range, the first or last of them, counts, and the absence of a key', async () => {
    const { source } = library(500)
    const reader = must(openSnapshot(source))
    expect(must(await reader.rows('notes', 'byAuthor', [AUTHORS[0]!])).value).toHaveLength(250)
    const all = must(await reader.rows('notes', 'byAuthor', [AUTHORS[1]!])).value
    expect(must(await reader.rows('notes', 'byAuthor', [AUTHORS[1]!], { limit: 3 })).value).toEqual(all.slice(0, 3))
    expect(must(await reader.rows('notes', 'byAuthor', [AUTHORS[1]!], { limit: 3, descending: true })).value).toEqual(
      all.slice(-3).reverse(),
    )
    expect(must(await reader.count('notes', 'perAuthor', [AUTHORS[0]!])).value).toBe('250')
    expect(must(await reader.count('notes', 'perAuthor', ['nobody'])).value).toBe('0')
    expect(must(await reader.get('notes', 'ff'.repeat(32))).value).toBeNull()
    expect(must(await reader.get('$clients', AUTHORS[0]!)).value).toMatchObject({ registered: '7' })
    expect(await reader.rows('notes', 'byNothing', [])).toMatchObject({ ok: false, error: { code: 'index.unknown' } })
  })

  it('are refused when a byte changed, or when the indices do not make the root', async () => {
    const { source } = library(100, (name, bytes) =>
      name === 'notes.key.0' ? Uint8Array.from(bytes, (byte, i) => (i === 50 ? byte ^ 1 : byte)) : bytes,
    )
    expect(await must(openSnapshot(source)).get('notes', 'ff'.repeat(32))).toMatchObject({ ok: false, error: { code: 'file.digest' } })
    expect(openSnapshot({ ...source, tick: { ...source.tick, root: '00'.repeat(32) } })).toMatchObject({
      ok: false,
      error: { code: 'index.database' },
    })
  })
})
