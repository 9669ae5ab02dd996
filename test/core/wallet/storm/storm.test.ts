/**
 * Random refusals, evictions, fee spikes, reorganisations and crashes: no coin is spent twice or lost, and each payment is made exactly once.
 * The suite runs a committed seed, so that it says the same of the same commit. `GOLEM_RUNS=20` searches: twenty times as many, from a new seed, which is
 * printed; `GOLEM_SEED` replays one. What a search found is in `found.ts`.
 */
import { describe, it } from 'vitest'
import fc from 'fast-check'
import { bitcoindAvailable } from '../../../tools/bitcoind.ts'
import { bitcoindStormNode } from './bitcoind.ts'
import { found } from './found.ts'
import { embeddedStormNode, type StormNode } from './node.ts'
import { rows, steps } from './steps.ts'
import { createWorld, type Step } from './world.ts'

const runs = Number(process.env['GOLEM_RUNS'] ?? 1)
const seed = Number(process.env['GOLEM_SEED'] ?? (runs > 1 ? Date.now() % 2 ** 31 : 5150))
console.info(`the storm over the wallet: GOLEM_SEED=${seed}`)
const real = bitcoindAvailable()

async function storm(node: StormNode, steps: Step[], seed: number): Promise<void> {
  const world = await createWorld(node, String(seed))
  try {
    await world.start(1 + (seed % 3))
    for (const one of steps) await world.step(one)
    await world.calmDown()
  } finally {
    await node.stop()
  }
}

const embedded = (): StormNode => {
  let now = 1_700_000_000_000
  return embeddedStormNode(() => (now += 1_000))
}

describe('a wallet in a storm', () => {
  it.each(found)('outlives $name', async ({ steps: drawn, seed }) => storm(embedded(), drawn, seed))

  it('on the embedded chain', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (drawn, seed) => storm(embedded(), drawn, seed)),
      { seed, numRuns: runs * 25, endOnFailure: true },
    )
  }, 3_600_000)

  it.skipIf(!real.command)(
    `on a real bitcoind${real.command ? '' : `: ${real.missing}`}`,
    async () => {
      await fc.assert(
        fc.asyncProperty(rows, fc.nat(), async (steps, seed) => storm(await bitcoindStormNode(), steps, seed)),
        { seed, numRuns: runs * 2, endOnFailure: true },
      )
    },
    3_600_000,
  )
})
