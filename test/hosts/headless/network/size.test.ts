/** The size that a network in a folder goes on with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeNote, type NetworkNote } from '../../../../main/hosts/headless/network/note.ts'
import { sizeOf } from '../../../../main/hosts/headless/network/size.ts'

const fresh = mkdtempSync(join(tmpdir(), 'golem-size-'))
const known = mkdtempSync(join(tmpdir(), 'golem-size-'))
const chain: NetworkNote['chain'] = { url: 'http://127.0.0.1:1', user: 'me', password: 'word', backend: 'embedded' }
writeNote(known, { chain, tracker: 'http://127.0.0.1:2/announce', funded: [], size: { servers: 8, tickBlocks: 5 } })
afterAll(() => [fresh, known].forEach((folder) => rmSync(folder, { recursive: true })))

const asked = (servers?: number, tickBlocks?: number) => ({ servers, tickBlocks })

it.each([
  [fresh, asked(), { servers: 6, tickBlocks: 4 }],
  [fresh, asked(3, 9), { servers: 3, tickBlocks: 9 }],
  // As it began, where nobody says; more servers may join.
  [known, asked(), { servers: 8, tickBlocks: 5 }],
  [known, asked(8, 5), { servers: 8, tickBlocks: 5 }],
  [known, asked(10), { servers: 10, tickBlocks: 5 }],
])('is as it began, or as it is told (%#)', (folder, given, value) => {
  expect(sizeOf(folder, given)).toEqual({ ok: true, value })
})

it.each([asked(7), asked(undefined, 4), asked(8, 6)])('is refused where the app could not go on with it: %o', (given) => {
  const refused = sizeOf(known, given)
  expect(refused).toMatchObject({ ok: false, error: { code: 'network.size' } })
  expect(refused.ok ? '' : refused.error.message).toContain('8 servers and ticks of 5 blocks')
})
