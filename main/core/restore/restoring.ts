/**
 * What a wallet took part in, found again by its phrase and taken up: once the chain was followed to its tip, keys are looked for, their coins read from the blocks, and
 * apps and jobs begin again. One after the other, and safe to repeat: what is there already stays as it is. A node that ends meanwhile goes on where it was (`search.ts`).
 */
import type { FoundView, RestoreView } from '../../contract/wallet.ts'
import { failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { tipIn } from '../chain-watch.ts'
import type { Engagements } from '../engagements/index.ts'
import { isSearchWanted } from '../identity.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { scanForEngagements, watchFound } from './scan.ts'
import { createSearchRows, type SearchRows } from './search.ts'
import { takeUp } from './taking.ts'

export interface Restoring {
  /**
   * Begins, unless it is at it; with programs it looks once more after that. @param programs of supervised apps that nobody else has
   * Error: `restore.programs`.
   */
  start(programs?: readonly unknown[]): Result<RestoreView>
  /** Takes up a search that was going on when the node ended, or that a restored phrase waits for. */
  goOn(): void
  view(): RestoreView
  /** Whether it looks: until it is over nothing is joined by a rule. */
  isLooking(): boolean
  /** Resolves when nothing is looked for. */
  idle(): Promise<void>
}

export interface RestoringOptions {
  services: Services
  engagements: Engagements
  settings(): NodeSettings
}

interface Looking extends RestoringOptions {
  rows: SearchRows
  show(step: string, percent: number): void
}

export function createRestoring(options: RestoringOptions): Restoring {
  const { services } = options
  const rows = createSearchRows(services)
  let shown = { step: '', percent: 0 }
  let failure: string | null = null
  let running: Promise<void> | null = null
  const looking: Looking = {
    ...options,
    rows,
    show(step, percent) {
      shown = { step, percent }
      services.changed()
    },
  }

  const begin = (): void => {
    failure = null
    running ??= goOn(looking)
      .catch((error: unknown) => {
        failure = error instanceof Error ? error.message : String(error)
        services.log.log('error', `The search for what the phrase brings back ended: ${failure}`)
      })
      .finally(() => {
        running = null
        services.changed()
      })
  }

  function view(): RestoreView {
    const search = rows.now()
    if (search === null) return { state: 'none', step: '', percent: 0, found: [], unknown: [] }
    const { found, unknown } = search
    if (search.state === 'done') return { state: 'done', step: 'done', percent: 100, found, unknown }
    return { state: failure === null ? 'running' : 'failed', ...shown, found, unknown, ...(failure === null ? {} : { message: failure }) }
  }

  return {
    start(programs = []) {
      const begun = rows.begin(programs)
      if (!begun.ok) return begun
      begin()
      return ok(view())
    },
    goOn() {
      if (isSearchWanted(services.storage)) rows.begin([])
      if (rows.now()?.state === 'running') begin()
    },
    view,
    isLooking: () => running !== null,
    idle: async () => void (await running),
  }
}

/** From stage to stage, each of which says in its last write that it is over. */
async function goOn(looking: Looking): Promise<void> {
  const { services, rows } = looking
  while (!services.stopped()) {
    const search = rows.now()
    if (search?.state !== 'running') return
    if (search.stage === 'looking') await look(looking)
    else if (search.stage === 'coins') await readCoins(looking, search)
    else await takeUpNext(looking, search.found)
  }
}

async function look({ services, rows, show }: Looking): Promise<void> {
  show('reads the chain', 0)
  await services.persist('read the chain', () => followed(services, show))
  const before = new Map((rows.now()?.found ?? []).map((one) => [one.id, one]))
  const { found, unknown } = await scanForEngagements(services, (step, share) => show(step, 10 + Math.floor(share * 40)))
  if (services.stopped()) return
  // What was told of one that is there already is still true of it.
  const known = found.map((one): FoundView => ({ ...one, notes: before.get(one.id)?.notes ?? [] }))
  rows.put({ stage: 'coins', found: known, unknown, begun: null })
}

/** Whether the blocks that were followed are all that the node has. */
async function followed({ chain, storage }: Services, show: Looking['show']): Promise<Result<null>> {
  const tip = await chain.tip()
  if (!tip.ok) return tip
  const at = tipIn(storage)?.height ?? 0
  if (at >= tip.value.height) return ok(null)
  show(`reads the chain: block ${at} of ${tip.value.height}`, Math.floor((10 * at) / tip.value.height))
  return failForNow('chain.syncing', `The chain was read up to block ${at} of ${tip.value.height}.`)
}

/** Coins of keys that nobody watched when their blocks came. */
async function readCoins({ services, rows, show }: Looking, { found, unknown }: { found: FoundView[]; unknown: string[] }): Promise<void> {
  show('reads the coins of its keys', 50)
  const from = watchFound(services, found)
  if (from === null) return rows.put({ stage: 'taking' })
  const {
    wallet: { reading },
    persist,
  } = services
  // A person's own, from further below, finds these too once it begins anew.
  const going = reading.view()
  const begun = reading.start(going?.state === 'running' ? Math.min(going.from, from) : from)
  if (!begun.ok)
    return rows.put({ stage: 'taking', unknown: [...unknown, `Coins of what was found were not read: ${begun.error.message}`] })
  await persist('read the coins of this wallet', async () => {
    await reading.tend()
    const now = reading.view()
    if (now?.state !== 'running') return ok(null)
    show(`reads the coins of its keys: block ${now.at} of ${now.to}`, 50 + Math.floor(now.percent / 5))
    return failForNow('wallet.scan', now.message ?? 'Blocks are being read again.')
  })
  const ended = reading.view()
  const isRead = ended === null || ended.state === 'done'
  const why = `Coins at the keys of what was found were not read from block ${from} on (${ended?.message ?? ended?.state ?? ''}): golem wallet rescan --from ${from} reads them.`
  rows.put({ stage: 'taking', ...(isRead ? {} : { unknown: [...unknown, why] }) })
}

/** One that waits; or it is over. */
async function takeUpNext(looking: Looking, found: FoundView[]): Promise<void> {
  const { services, rows, show } = looking
  const at = found.findIndex(({ now }) => now === 'waits')
  const search = rows.now()!
  if (at < 0) return search.again ? rows.put({ stage: 'looking', again: false }) : rows.end()
  const one = found[at]!
  show(`takes up «${one.title ?? one.app}»`, 70 + Math.floor((30 * at) / found.length))
  const withChange = (change: Partial<FoundView>): FoundView[] => found.map((each) => (each === one ? { ...each, ...change } : each))
  const outcome = await takeUp(looking, one, {
    isBegun: search.begun === one.id,
    programs: rows.programs(),
    marked: (notes) => [rows.row({ begun: one.id, found: withChange({ notes }) })],
  })
  if (services.stopped()) return
  rows.put({ begun: null, found: withChange(outcome) })
}
