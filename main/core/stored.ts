/**
 * The form of every kind of row that a node keeps, by number, and what brings an older one up to date: the one place for it. A node does not guess
 * at rows that it does not know: what a newer Golem wrote, or an older one in a form that leads nowhere, is refused and left as it is.
 *
 * To change what a kind stores: raise its form, and add the function that leads from the form before. It gets the storage and returns the writes that turn its
 * rows into the next form. A change of the protocol after which old rows are of no use adds none, and takes those before away.
 * The keystore has a version of its own (`checkKeystore`), so has the database's layout; the local index is made anew where its layout differs.
 */
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { StoragePort, StorageWrite } from './ports.ts'

type Migration = (storage: StoragePort) => StorageWrite[]

interface Kind {
  /** Its rows, for people. */
  what: string
  tables: readonly string[]
  /** The newest form. */
  form: number
  /** By the form that each leads from, to the one after it. */
  migrations: Readonly<Record<number, Migration>>
}

export type Kinds = Readonly<Record<string, Kind>>

export const STORED: Kinds = {
  engagement: { what: 'what this node takes part in', tables: ['engagement'], form: 1, migrations: {} },
  'role-state': { what: 'states of roles', tables: ['role-state', 'effect', 'engine'], form: 6, migrations: {} },
  wallet: {
    what: 'the wallet',
    tables: ['wallet', 'wallet-replaced', 'wallet-sent', 'wallet-history', 'wallet-rescan'],
    form: 4,
    migrations: {},
  },
  chain: {
    what: 'the chain that was followed',
    tables: ['chain', 'anchor-output', 'spent-output', 'anchored', 'block-hash'],
    form: 3,
    migrations: {},
  },
  documents: { what: 'published documents', tables: ['publication', 'whole-tick'], form: 3, migrations: {} },
  client: { what: "a client's notes", tables: ['client', 'complaint', 'dispute', 'burials'], form: 4, migrations: {} },
  restore: { what: 'what the phrase brought back', tables: ['restore'], form: 1, migrations: {} },
  listener: { what: 'where this node is reached', tables: ['listener'], form: 1, migrations: {} },
  server: { what: "a server's notes", tables: ['served'], form: 4, migrations: {} },
  supervisor: { what: "a Supervisor's notes", tables: ['supervisor'], form: 4, migrations: {} },
}

const TABLE = 'form'

/**
 * Checks the form of everything stored, and brings what is older up to date: each kind in one transaction with its number.
 * @param storage unsealed for the reader: migrations see rows as roles do
 * Errors: `stored.older` (from before forms were numbered, or of a form from which nothing leads on), `stored.newer`.
 */
export function checkStored(storage: StoragePort, kinds: Kinds = STORED): Result<null> {
  const all = Object.entries(kinds)
  for (const [name, kind] of all) {
    const refused = refusalOf(storage, name, kind)
    if (refused !== null) return refused
  }
  const fresh = all.filter(([name]) => storage.get(TABLE, name) === undefined)
  if (fresh.length > 0) storage.transact(fresh.map(([name, kind]) => ({ table: TABLE, key: name, value: kind.form })))
  for (const [name, kind] of all) bringUp(storage, name, kind)
  return ok(null)
}

/** Whether functions lead from a form to the newest one. */
const leadsOn = ({ form: newest, migrations }: Kind, form: number): boolean =>
  Array.from({ length: newest - form }, (_, i) => form + i).every((one) => migrations[one] !== undefined)
const isEmpty = (storage: StoragePort, { tables }: Kind): boolean => tables.every((table) => storage.list(table, '', 1).length === 0)

function refusalOf(storage: StoragePort, name: string, kind: Kind): Result<null> | null {
  const form = storage.get(TABLE, name)
  const aside = 'Nothing was changed. Move the folder away and restore the wallet from its seed phrase'
  if (form === undefined)
    return isEmpty(storage, kind)
      ? null
      : fail(
          'stored.older',
          `This folder holds ${kind.what} of an older Golem, in a form that has no number. ${aside}, or open it with that Golem.`,
        )
  if (typeof form !== 'number' || !Number.isInteger(form) || form < 1)
    return fail('stored.older', `This folder does not say in which form it holds ${kind.what}: it is damaged. ${aside}.`)
  if (form > kind.form)
    return fail(
      'stored.newer',
      `This folder holds ${kind.what} in form ${form}, and this Golem knows ${kind.form}. Update it. Nothing was changed.`,
    )
  return leadsOn(kind, form)
    ? null
    : fail('stored.older', `This folder holds ${kind.what} in form ${form}, of an older Golem. ${aside}, or open it with that Golem.`)
}

function bringUp(storage: StoragePort, name: string, kind: Kind): void {
  for (let form = storage.get(TABLE, name) as number; form < kind.form; form++)
    storage.transact([...kind.migrations[form]!(storage), { table: TABLE, key: name, value: form + 1 }])
}
