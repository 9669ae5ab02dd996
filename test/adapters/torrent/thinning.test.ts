import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { placesOf, readSpans, spansOf } from '../../../main/adapters/torrent/chunk-store.ts'
import { openSwarmFolder } from '../../../main/adapters/torrent/folder.ts'
import { createMetainfo } from '../../../main/adapters/torrent/metainfo.ts'
import { hasPiece } from '../../../main/adapters/torrent/resume.ts'
import { must } from '../../../roles/protocol/result.ts'
import { createSeededRandom } from '../../simulation/ports/random.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-thinning-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

it('leaves every piece of the kept files whole, and no other, however files and pieces lie, once and again with fewer files', async () => {
  const seed = process.env['GOLEM_SEED'] ?? 'thinning'
  console.log(`seed ${seed} (GOLEM_SEED=${seed} replays)`)
  const random = createSeededRandom(seed)
  const below = (most: number): number => new DataView(random.bytes(4).buffer).getUint32(0) % most
  const folder = openSwarmFolder(root)
  for (let round = 0; round < 40; round++) {
    const count = 1 + below(9)
    const files = Array.from({ length: count }, (_, at) => ({
      name: `f${at}`,
      bytes: random.bytes(below(3) === 0 ? below(200) : below(60_000)),
    }))
    files.push({ name: 'z', bytes: random.bytes(1) })
    const metainfo = must(createMetainfo(`torrent-${round}`, files))
    const content = Buffer.concat(metainfo.files.map(({ bytes }) => bytes))
    await folder.write(`torrent-${round}`, metainfo)
    let kept = files.map(({ name }) => name)
    for (let again = 0; again < 3; again++) {
      kept = kept.filter(() => below(3) > 0)
      await folder.keepOnly(metainfo.infohash, kept)
      const stored = (await folder.storedAt(metainfo.infohash))!
      let offset = 0
      const laid = metainfo.files.map(({ name, bytes }) => {
        const file = { name, path: join(root, metainfo.infohash, `torrent-${round}`, name), offset, length: bytes.length }
        offset += bytes.length
        return file
      })
      const places = placesOf(laid, stored.extents)
      const { pieceLength } = metainfo
      let left = 0
      for (let piece = 0; piece * pieceLength < content.length; piece++) {
        const [from, to] = [piece * pieceLength, Math.min(content.length, (piece + 1) * pieceLength)]
        const wanted = laid.some(
          (file) => kept.includes(file.name) && file.length > 0 && file.offset < to && file.offset + file.length > from,
        )
        expect(hasPiece(stored.bitfield!, piece), `round ${round}, piece ${piece}`).toBe(wanted)
        if (!wanted) left += to - from
        if (!wanted) continue
        const bytes = await readSpans(spansOf(places, from, to - from), to - from)
        const digest = (each: Uint8Array) => createHash('sha1').update(each).digest('hex')
        expect(digest(bytes)).toBe(digest(content.subarray(from, to)))
      }
      expect(await folder.leftOf(metainfo.infohash)).toBe(left)
      expect(readdirSync(join(root, metainfo.infohash, `torrent-${round}`)).sort()).toEqual(
        metainfo.files
          .filter(({ name, bytes }) => kept.includes(name) || bytes.length === 0)
          .map(({ name }) => name)
          .sort(),
      )
      // No two extents touch, so small neighbours do not take a block of the disk each.
      expect(stored.extents.some((one) => stored.extents.some((other) => one.offset + one.length === other.offset))).toBe(false)
    }
  }
})
