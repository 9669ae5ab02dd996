/**
 * Takes up what was found: apps that this wallet supervised go on under another key, apps that it used with their keys, and jobs with their identities where that is
 * safe (`jobs.ts`). What this folder knows already stays as it is.
 */
import type { FoundView } from '../../contract/wallet.ts'
import { check } from '../../../roles/program/index.ts'
import { anchoredBetween, recentIn } from '../chain-watch.ts'
import type { EngagementRow, Engagements } from '../engagements/index.ts'
import { rowOf, write } from '../engagements/rows.ts'
import { offerRow } from '../client/session.ts'
import { PUBLICATIONS } from '../documents/index.ts'
import type { Json, StorageWrite } from '../ports.ts'
import { scopedStorage, scopedWrite } from '../scoped-storage.ts'
import type { Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { restoreClient } from './client.ts'
import { jobAgain } from './jobs.ts'
import { isEnded, isProgramOf, offersBy } from './offers.ts'
import { restoreSupervisor } from './supervisor.ts'

export type Outcome = Pick<FoundView, 'now' | 'notes'>

export interface TakingHow {
  /** Its rows were written, and the node ended before it was at work. */
  isBegun: boolean
  /** Programs of supervised apps, as a person has them, where the swarm does not. */
  programs: readonly unknown[]
  /** Rows that say that its own are being written, and what was not brought back. */
  marked(notes: string[]): StorageWrite[]
}

interface Here {
  services: Services
  engagements: Engagements
  settings(): NodeSettings
}

/** The state of a role of an engagement, as the engine reads it at its start. */
const stateRow = (id: string, role: string, state: unknown): StorageWrite => ({
  table: 'role-state',
  key: `${role}:${id}`,
  value: state as Json,
})

interface Taken {
  row: EngagementRow
  rows: StorageWrite[]
  lost: string[]
}

/** An app that was ended does not come back to life by itself. Error: `restore.ended`. */
async function checkNotEnded(services: Services, { app, master, title }: FoundView, programs: readonly unknown[]): Promise<Result<null>> {
  const anchored = anchoredBetween(services.storage, -1, Number.MAX_SAFE_INTEGER)
  const offers = await offersBy(services, anchored, app, master)
  if (!(await isEnded(services, anchored, master, offers))) return ok(null)
  const isGiven = programs.some((json) => {
    const program = check(json)
    return program.ok && offers.some(({ document }) => isProgramOf(services, program.value, document.body))
  })
  if (isGiven) return ok(null)
  return fail(
    'restore.ended',
    `«${title ?? app}» was ended, or its key was being changed: the master key took back every key that signs for it. To go on with it all the same, under a new key, give its program: golem wallet find --program app.json`,
  )
}

async function supervised({ services }: Here, found: FoundView, programs: readonly unknown[]): Promise<Result<Taken>> {
  const { id, index } = found
  const living = await checkNotEnded(services, found, programs)
  if (!living.ok) return living
  // Blocks that come while it is brought back are told when it goes on; one that it heard of is ignored.
  const heard = recentIn(services.storage)
  const restored = await restoreSupervisor({ ...services, storage: scopedStorage(services.storage, id) }, { index, programs })
  if (!restored.ok) return restored
  const { title, rows, states, lost } = restored.value
  const ofRoles = Object.entries(states).map(([role, state]) => stateRow(id, role, state))
  const row: EngagementRow = { role: 'supervisor', index, title, state: 'paused', heard }
  return ok({ row, rows: [...rows.map((one) => scopedWrite(one, id)), ...ofRoles], lost })
}

async function used({ services }: Here, { id, app, master, index }: FoundView): Promise<Result<Taken>> {
  const restored = await restoreClient(services, { app, master, index })
  if (!restored.ok) return restored
  const { first, offers, state, published, lost } = restored.value
  const { reference, height, by, title } = first
  const row: EngagementRow = { role: 'client', app, reference, height, master, by, register: true, title, state: 'active' }
  const rows = [
    ...offers.map((offer) => scopedWrite(offerRow(offer), id)),
    ...published.map(({ sha256, infohash, txid }) => ({ table: PUBLICATIONS, key: sha256, value: { infohash, txid, fee: 0 } })),
    stateRow(id, 'client', state),
  ]
  return ok({ row, rows, lost })
}

async function served({ services, engagements, settings }: Here, found: FoundView): Promise<Result<Taken>> {
  const jobs = engagements.list().filter(({ row }) => row.role === 'server')
  const row = await jobAgain(services, found, { address: settings().host.address, apps: new Set(jobs.map(({ app }) => app)) })
  return row.ok ? ok({ row: row.value, rows: [], lost: [] }) : row
}

const GROUPS = { supervisor: 'publish', server: 'host', client: 'use' } as const

/** What this folder knew before of one that was found. */
function there({ role, title, notes }: FoundView, { state, why }: EngagementRow): Outcome {
  if (state === 'active') return { now: 'goes on', notes }
  const again = `golem ${GROUPS[role]} resume "${title ?? ''}"`
  const words = {
    paused: `It is paused here. To go on with it: ${again}`,
    failed: `It was put out here (${why ?? 'no reason was kept'}). To go on with it: ${again}`,
    ended: 'It was ended in this folder, and stays so.',
  }
  return { now: 'left alone', notes: [words[state]] }
}

/** Its rows are written, and it is put to work. */
async function begin({ services, engagements }: Here, id: string, { row, rows, lost }: Taken, how: TakingHow): Promise<Outcome> {
  const written = [...rows, ...how.marked(lost)]
  if (row.state === 'active') {
    const begun = await engagements.begin(id, row, written)
    return begun.ok ? { now: 'goes on', notes: lost } : { now: 'left alone', notes: [begun.error.message] }
  }
  services.storage.transact([...written, write(id, row)])
  return resume(engagements, id, lost)
}

async function resume(engagements: Engagements, id: string, notes: string[]): Promise<Outcome> {
  const resumed = await engagements.resume(id)
  return resumed.ok ? { now: 'goes on', notes } : { now: 'left alone', notes: [...notes, resumed.error.message] }
}

/** Takes up one that was found; what was done about it. Repeating it is harmless. */
export async function takeUp(here: Here, found: FoundView, how: TakingHow): Promise<Outcome> {
  const { services, engagements } = here
  const known = rowOf(services.storage, found.id)
  if (known !== undefined && how.isBegun) return resume(engagements, found.id, found.notes)
  if (known !== undefined) return there(found, known)
  const take = { supervisor: supervised, server: served, client: used }[found.role]
  const taken = await take(here, found, how.programs)
  if (!taken.ok) return { now: 'left alone', notes: [taken.error.message] }
  return services.stopped() ? { now: 'waits', notes: [] } : begin(here, found.id, taken.value, how)
}
