import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSwarmFolder } from '../../../main/adapters/torrent/folder.ts'

const path = mkdtempSync(join(tmpdir(), 'golem-folder-'))
afterAll(() => rmSync(path, { recursive: true, force: true }))

it('notes a torrent whose fetches end at the same moment, however many there are', async () => {
  const folder = openSwarmFolder(path)
  const infohash = 'ab'.repeat(20)
  const torrent = randomBytes(300)
  await Promise.all(
    Array.from({ length: 20 }, () => folder.note(infohash, torrent, { bitfield: new Uint8Array([0x80]), files: [], left: 0 })),
  )
  expect(await folder.storedAt(infohash)).toMatchObject({ torrent, own: false })
  expect(folder.count).toBe(1)
  expect(readdirSync(folder.pathOf(infohash)).sort()).toEqual(['meta.torrent', 'resume.json'])
})
