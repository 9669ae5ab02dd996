/**
 * What a wallet took part in, found again by its phrase and taken up: once the chain was followed to its tip, keys are looked for, their coins read from the blocks, and
 * apps begin again. One after the other, and safe to repeat: what is there already stays as it is.
 */
import type { RestoreView } from '../../contract/wallet.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { tipIn } from '../chain-watch.ts'
import type { Engagements } from '../engagements/index.ts'
import type { Services } from '../services.ts'
import { scanForEngagements, watchFound } from './scan.ts'
import { takeUp } from './taking.ts'

export interface Restoring {
  /** Begins, unless it is at it; with programs it looks once more after that. @param programs of supervised apps that nobody else has */
  start(programs?: readonly unknown[]): RestoreView
  view(): RestoreView
  /** Resolves when nothing is looked for. */
  idle(): Promise<void>
}

export function createRestoring(services: Services, engagements: Engagements): Restoring {
  let view: RestoreView = { state: 'none', step: '', percent: 0, found: [], unknown: [] }
  let running: Promise<void> | null = null
  /** Programs that no look has had yet. */
  let given: readonly unknown[] = []
  const show = (more: Partial<RestoreView>): void => {
    view = { ...view, ...more }
    services.changed()
  }

  async function look(programs: readonly unknown[]): Promise<void> {
    show({ state: 'running', step: 'reads the chain', percent: 0, found: [], unknown: [] })
    await services.persist('read the chain', () => followed(services))
    const { found, unknown } = await scanForEngagements(services, (step, share) => show({ step, percent: 10 + Math.floor(share * 40) }))
    show({ found, unknown, step: 'reads the coins of its keys', percent: 50 })
    await readCoins(services, watchFound(services, found))
    for (const [at, one] of found.entries()) {
      show({ step: `takes up «${one.title ?? one.app}»`, percent: 70 + Math.floor((30 * at) / found.length) })
      const taken = await takeUp(services, engagements, one, programs)
      const told = taken.ok ? taken.value : [taken.error.message]
      if (told.length > 0) show({ unknown: [...view.unknown, ...told.map((what) => `${one.title ?? one.app}: ${what}`)] })
    }
    show({ state: 'done', step: 'done', percent: 100 })
  }

  async function lookAll(): Promise<void> {
    do {
      const programs = given
      given = []
      await look(programs)
    } while (given.length > 0)
  }

  return {
    start(programs = []) {
      given = [...given, ...programs]
      running ??= lookAll()
        .catch((error: unknown) => show({ state: 'failed', message: error instanceof Error ? error.message : String(error) }))
        .finally(() => {
          running = null
        })
      return view
    },
    view: () => view,
    idle: async () => void (await running),
  }
}

/** Whether the blocks that were followed are all that the node has. */
async function followed({ chain, storage }: Services): Promise<Result<null>> {
  const tip = await chain.tip()
  if (!tip.ok) return tip
  const at = tipIn(storage)?.height ?? 0
  return at >= tip.value.height ? ok(null) : failForNow('chain.syncing', `The chain was read up to block ${at} of ${tip.value.height}.`)
}

/** Coins of keys that nobody watched when their blocks came. */
async function readCoins({ wallet, persist }: Services, from: number | null): Promise<void> {
  if (from === null) return
  wallet.reading.start(from)
  await persist('read the coins of this wallet', async () => {
    await wallet.reading.tend()
    const reading = wallet.reading.view()
    return reading?.state === 'running' ? failForNow('wallet.scan', reading.message ?? 'Blocks are being read again.') : ok(null)
  })
}
