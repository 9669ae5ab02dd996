/** Looks once in a node's run for what its wallet took part in, and has blocks read again for the coins of the keys that are found. */
import type { RestoreView } from '../../contract/wallet.ts'
import type { Services } from '../services.ts'
import { scanForEngagements, watchFound } from './scan.ts'

export interface Restoring {
  /** Begins to look, unless it looks already. Safe to repeat: what is found again is the same. */
  start(): void
  view(): RestoreView
  /** Resolves when nothing is looked for. */
  idle(): Promise<void>
}

export function createRestoring(services: Pick<Services, 'storage' | 'documents' | 'identity' | 'wallet' | 'log' | 'changed'>): Restoring {
  let view: RestoreView = { state: 'none', step: '', percent: 0, found: [], unknown: [] }
  let running: Promise<void> | null = null
  const show = (more: Partial<RestoreView>): void => {
    view = { ...view, ...more }
    services.changed()
  }
  async function look(): Promise<void> {
    show({ state: 'running', step: 'begins', percent: 0 })
    const progress = (step: string, share: number): void => show({ step, percent: Math.floor(share * 100) })
    const { found, unknown } = await scanForEngagements(services, progress)
    const from = watchFound(services, found)
    // The chain was followed from its first block on: ordinary coins are known, and only those of keys that nobody watched then are missing.
    const { reading } = services.wallet
    if (from !== null && reading.view()?.state !== 'running') reading.start(from)
    show({ state: 'done', percent: 100, found, unknown })
  }
  return {
    start() {
      running ??= look()
        .catch((error: unknown) => show({ state: 'failed', message: error instanceof Error ? error.message : String(error) }))
        .finally(() => {
          running = null
        })
    },
    view: () => view,
    idle: async () => void (await running),
  }
}
