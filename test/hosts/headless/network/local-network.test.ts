import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { ok } from '../../../../main/core/index.ts'
import { startLocalNetwork } from '../../../../main/hosts/headless/network/local-network.ts'
import type { ParticipantProcess, Starter } from '../../../../main/hosts/headless/network/process.ts'
import { sampleNetwork } from '../../../../main/hosts/headless/network/sample.ts'
import { BLOCK_MS } from '../../../../main/hosts/headless/network/time.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-network-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Of BIP 173. */
const ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080'
/** Takes part, and does nothing. */
const idle: Starter = async ({ settings: { name } }) =>
  ({
    name,
    pid: process.pid,
    running: true,
    call: async () => ok({ address: ADDRESS }),
    subscribe: () => () => undefined,
    ended: new Promise(() => undefined),
    stop: async () => undefined,
    kill: async () => undefined,
  }) as unknown as ParticipantProcess

/** One start to its end: the pace with which it begins, and what is done meanwhile. */
async function life(
  blockMs?: number,
  during: (network: Awaited<ReturnType<typeof startLocalNetwork>>) => Promise<void> = async () => undefined,
) {
  const network = await startLocalNetwork({
    ...sampleNetwork,
    folder,
    servers: 1,
    clients: [],
    blockMs,
    chainHere: true,
    start: idle,
    logLevel: 'error',
    output: () => undefined,
    log: { log: () => undefined },
  })
  const began = network.time.blockMs
  await during(network)
  await network.stop()
  return began
}

it('the pace that a person chose is kept over restarts; a start may say another, and a damaged one is as none', async () => {
  expect(await life()).toBe(BLOCK_MS)
  expect(await life(60_000)).toBe(60_000)
  expect(
    await life(undefined, async (network) => {
      await network.time.setPace(90_000)
      expect(network.time.blockMs).toBe(90_000)
    }),
  ).toBe(BLOCK_MS)
  expect(await life()).toBe(90_000)
  expect(await life(70_000)).toBe(70_000)
  expect(await life(undefined, (network) => network.time.setPace(0))).toBe(90_000)
  expect(await life()).toBe(0)
  const note = join(folder, 'network.json')
  const { funded } = JSON.parse(readFileSync(note, 'utf8')) as { funded: string[] }
  expect(funded).toEqual(['supervisor', 'server-1'])
  writeFileSync(note, readFileSync(note, 'utf8').replace(/"blockMs": 0/, '"blockMs": -5'))
  expect(await life()).toBe(BLOCK_MS)
  expect(JSON.parse(readFileSync(note, 'utf8'))).toMatchObject({ funded })
})
