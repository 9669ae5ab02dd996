import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { refuseInfo } from '../../../main/adapters/torrent/check-info.ts'
import { createMetainfo, pieceLengthFor } from '../../../main/adapters/torrent/metainfo.ts'
import { bdecode } from '../../../main/adapters/torrent/bdecode.ts'
import { must } from '../../../roles/protocol/result.ts'

describe('a torrent made here', () => {
  it('keeps its infohash for ever', () => {
    const files = [
      { name: 'document.json', bytes: new TextEncoder().encode('{}') },
      { name: 'a.bin', bytes: new Uint8Array(20_000).fill(1) },
    ]
    // Written out by hand from BEP 3.
    const content = Buffer.concat([Buffer.alloc(20_000, 1), Buffer.from('{}')])
    const hashes = [content.subarray(0, 16_384), content.subarray(16_384)].map((piece) => createHash('sha1').update(piece).digest())
    const info = Buffer.concat([
      Buffer.from(
        'd5:filesld6:lengthi20000e4:pathl5:a.bineed6:lengthi2e4:pathl13:document.jsoneee4:name5:offer12:piece lengthi16384e6:pieces40:',
      ),
      ...hashes,
      Buffer.from('e'),
    ])
    const made = must(createMetainfo('offer', files))
    expect(Buffer.from(made.torrent)).toEqual(Buffer.concat([Buffer.from('d4:info'), info, Buffer.from('e')]))
    expect(made.infohash).toBe(createHash('sha1').update(info).digest('hex'))
  })

  it('passes the check that torrents from elsewhere have to pass', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}[a-z0-9]$/)
    const files = fc.uniqueArray(fc.record({ name, bytes: fc.uint8Array({ minLength: 1, maxLength: 40_000, size: 'max' }) }), {
      selector: (file) => file.name,
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(name, files, (torrentName, list) => {
        const { torrent } = must(createMetainfo(torrentName, list))
        expect(refuseInfo(torrent.subarray('d4:info'.length, -1))).toBeUndefined()
      }),
      { seed: 4_711, numRuns: 40 },
    )
  })

  it('has pieces of 16 KiB to 4 MiB, about a thousand of them', () => {
    expect([1, 2 ** 24, 2 ** 24 + 1, 2 ** 30, 2 ** 40].map(pieceLengthFor)).toEqual([2 ** 14, 2 ** 14, 2 ** 15, 2 ** 20, 2 ** 22])
  })
})

describe('the strict decoder', () => {
  it('accepts one form of each value only', () => {
    for (const text of ['i0e', 'i-5e', '0:', '3:abc', 'le', 'de', 'd1:ai1e1:bi2ee', 'li1eli2eee'])
      expect(() => bdecode(Buffer.from(text))).not.toThrow()
    for (const text of [
      '',
      'i',
      'ie',
      'i-0e',
      'i01e',
      'i1',
      '01:a',
      '3:ab',
      '9999999999999:a',
      'l',
      'd',
      'd1:a',
      'd1:bi1e1:ai1ee',
      'd1:ai1e1:ai1ee',
      'di1ei1ee',
      'lee',
      'l'.repeat(5_000),
    ]) {
      expect(() => bdecode(Buffer.from(text)), text.slice(0, 20)).toThrow()
    }
  })

  it('never does anything but decode or throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'dlie0123456789:-ab') }), (text) => {
        try {
          bdecode(Buffer.from(text))
        } catch (error) {
          expect((error as Error).message.length).toBeGreaterThan(3)
        }
      }),
      { seed: 99, numRuns: 2_000 },
    )
  })
})
