import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startLocalNetwork } from '../../../../main/hosts/headless/network/local-network.ts'
import { writeNote } from '../../../../main/hosts/headless/network/note.ts'
import { sampleNamed, sampleNetwork } from '../../../../main/hosts/headless/network/sample.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-sample-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the local network', () => {
  it('runs any of the sample apps, each in a folder of its own', () => {
    const samples = ['guestbook', 'marketplace', 'poll'].map(sampleNamed)
    expect(
      samples.map(
        (sample) => sample.ok && [sample.value.plan.title, (sample.value.plan.program as { name: string }).name, sample.value.folder],
      ),
    ).toEqual([
      ['Guestbook', 'guestbook', 'sandbox'],
      ['Marketplace', 'marketplace', 'sandbox-marketplace'],
      ['Poll', 'poll', 'sandbox-poll'],
    ])
  })

  it.each(['toString', 'Guestbook', ''])('names the sample apps to who asks for «%s»', (name) => {
    expect(sampleNamed(name)).toMatchObject({
      ok: false,
      error: { code: 'settings.app', message: expect.stringContaining('there are guestbook, marketplace, poll') },
    })
  })

  it('does not go on with another app than the one of its folder', async () => {
    writeNote(folder, {
      app: 'Poll',
      chain: { url: 'http://127.0.0.1:1/', user: '', password: '', backend: 'embedded' },
      tracker: '',
      funded: [],
    })
    const quiet = { output: () => undefined, log: { log: () => undefined }, logLevel: 'error' as const }
    await expect(startLocalNetwork({ ...sampleNetwork, ...quiet, folder, blockMs: 0 })).rejects.toThrow(
      'runs «Poll». Name another folder for «Guestbook» with --folder.',
    )
  })
})
