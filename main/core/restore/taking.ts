/** Takes up what was found: apps that this wallet supervised go on under another key, apps that it used go on with their keys. Jobs wait for a person to say so. */
import type { FoundView } from '../../contract/wallet.ts'
import { recentIn } from '../chain-watch.ts'
import type { Engagements, EngagementRow } from '../engagements/index.ts'
import { write } from '../engagements/rows.ts'
import { offerRow } from '../client/session.ts'
import { PUBLICATIONS } from '../documents/index.ts'
import type { Json, StorageWrite } from '../ports.ts'
import { scopedStorage, scopedWrite } from '../scoped-storage.ts'
import type { Services } from '../services.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { restoreClient } from './client.ts'
import { restoreSupervisor } from './supervisor.ts'

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

async function supervised(services: Services, { id, index }: FoundView, programs: readonly unknown[]): Promise<Result<Taken>> {
  // Blocks that come while it is brought back are told when it goes on; one that it heard of is ignored.
  const heard = recentIn(services.storage)
  const restored = await restoreSupervisor({ ...services, storage: scopedStorage(services.storage, id) }, { index, programs })
  if (!restored.ok) return restored
  const { title, rows, states, lost } = restored.value
  const ofRoles = Object.entries(states).map(([role, state]) => stateRow(id, role, state))
  const row: EngagementRow = { role: 'supervisor', index, title, state: 'paused', heard }
  return ok({ row, rows: [...rows.map((one) => scopedWrite(one, id)), ...ofRoles], lost })
}

async function used(services: Services, { id, app, master, index }: FoundView): Promise<Result<Taken>> {
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

/**
 * Takes up one app that was found; one that this node takes part in already stays as it is, so repeating it is harmless.
 * @param programs of supervised apps, as a person has them, where the swarm does not
 * @returns what was not brought back. Errors: those of `restoreSupervisor` and `restoreClient`, those of the role's start.
 */
export async function takeUp(
  services: Services,
  engagements: Engagements,
  found: FoundView,
  programs: readonly unknown[],
): Promise<Result<string[]>> {
  const isThere = engagements.list().some(({ id }) => id === found.id)
  if (isThere || found.role === 'server') return ok([])
  const taken = found.role === 'supervisor' ? await supervised(services, found, programs) : await used(services, found)
  if (!taken.ok) return taken
  const { row, rows, lost } = taken.value
  if (row.state === 'active') {
    const begun = await engagements.begin(found.id, row, rows)
    return begun.ok ? ok(lost) : begun
  }
  services.storage.transact([...rows, write(found.id, row)])
  const resumed = await engagements.resume(found.id)
  return resumed.ok ? ok(lost) : resumed
}
