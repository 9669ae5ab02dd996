/** What is written of something that was restored, so that its engagement is taken up as if it had never ended. */
import type { Json, StorageWrite } from '../ports.ts'
import { write } from '../engagements/rows.ts'
import { scopedWrite } from '../scoped-storage.ts'
import type { RestoredClient } from './client.ts'
import type { RestoredSupervisor } from './supervisor.ts'

const stateRow = (role: string, id: string, state: unknown): StorageWrite => ({
  table: 'role-state',
  key: `${role}:${id}`,
  value: state as Json,
})

/** @param index number of the app's master key */
export const rowsOfSupervisor = ({ id, title, rows, states }: RestoredSupervisor, index: number): StorageWrite[] => [
  ...rows.map((row) => scopedWrite(row, id)),
  ...Object.entries(states).map(([role, state]) => stateRow(role, id, state)),
  write(id, { role: 'supervisor', index, title, state: 'active' }),
]

export const rowsOfClient = ({ id, app, first, offers, state, published }: RestoredClient): StorageWrite[] => [
  stateRow('client', id, state),
  ...offers.map((offer) => scopedWrite({ table: 'client', key: `offer:${offer.sha256}`, value: { ...offer } }, id)),
  ...published.map(({ sha256, infohash, txid }) => ({ table: 'publication', key: sha256, value: { infohash, txid, fee: 0 } })),
  write(id, { role: 'client', app, ...first, register: true, state: 'active' }),
]
