import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSwarmFolder } from '../../../main/adapters/torrent/folder.ts'
import { createMetainfo } from '../../../main/adapters/torrent/metainfo.ts'
import { must } from '../../../roles/protocol/result.ts'

const path = mkdtempSync(join(tmpdir(), 'golem-folder-'))
afterAll(() => rmSync(path, { recursive: true, force: true }))

it.each(['power', 'crash'] as const)('has a torrent whole that was written to survive a %s, and it alone is shown', async (survives) => {
  const at = join(path, survives)
  const made = must(
    createMetainfo('golem-tick', [
      { name: 'document.json', bytes: randomBytes(40_000) },
      { name: 'empty', bytes: new Uint8Array() },
    ]),
  )
  await openSwarmFolder(at, survives).write('golem-tick', made)
  const again = openSwarmFolder(at, survives)
  expect(await again.storedAt(made.infohash)).toMatchObject({
    torrent: Buffer.from(made.torrent),
    own: true,
    bitfield: Buffer.from([0b11100000]),
  })
  expect([again.count, readdirSync(at)]).toEqual([1, [made.infohash]])
  await again.keepOnly(made.infohash, ['empty'])
  expect(await again.leftOf(made.infohash)).toBe(40_000)
})

it('notes a torrent whose fetches end at the same moment, however many there are', async () => {
  const folder = openSwarmFolder(path)
  const { infohash, torrent } = must(createMetainfo('offer', [{ name: 'document.json', bytes: randomBytes(300) }]))
  await Promise.all(
    Array.from({ length: 20 }, () => folder.note(infohash, torrent, { bitfield: new Uint8Array([0x80]), files: [], left: 0 })),
  )
  expect(await folder.storedAt(infohash)).toMatchObject({ torrent: Buffer.from(torrent), own: false })
  expect(folder.count).toBe(1)
  expect(readdirSync(folder.pathOf(infohash)).sort()).toEqual(['meta.torrent', 'resume.json'])
})
