/**
 * How far the search for what a phrase brings back is, in rows: a node that is killed at any moment goes on with what they say, and tells the same after a restart.
 * What is about to be taken up is marked in the commit that writes its rows.
 */
import { toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import type { FoundView } from '../../contract/wallet.ts'
import { isSearchWanted, searchBegun } from '../identity.ts'
import type { Json, StorageWrite } from '../ports.ts'
import type { Services } from '../services.ts'

const TABLE = 'restore'
const SEARCH = 'search'
const PROGRAM = 'program:'
/** Programs that wait for a search. */
const MOST_PROGRAMS = 64

export interface Search {
  state: 'running' | 'done'
  /** What comes next: what the chain has is looked at, coins of the keys that were found are read, and one after the other is taken up. */
  stage: 'looking' | 'coins' | 'taking'
  found: FoundView[]
  unknown: string[]
  /** Whose rows were written, and which is not known to be at work yet. */
  begun: string | null
  /** Programs were given after it looked: it looks once more. */
  again: boolean
}

export interface SearchRows {
  /** Null where nothing was ever looked for. */
  now(): Search | null
  /** The row that says so, for the commit of something else. */
  row(change: Partial<Search>): StorageWrite
  put(change: Partial<Search>): void
  /** Begins one, or has the one that goes on look again where programs are given. Error: `restore.programs`. */
  begin(programs: readonly unknown[]): Result<null>
  programs(): Json[]
  /** Nothing is looked for any more. */
  end(): void
}

const FIRST: Search = { state: 'running', stage: 'looking', found: [], unknown: [], begun: null, again: false }

export function createSearchRows({ storage, crypto }: Pick<Services, 'storage' | 'crypto'>): SearchRows {
  const now = (): Search | null => (storage.get(TABLE, SEARCH) as unknown as Search | undefined) ?? null
  const row = (change: Partial<Search>): StorageWrite => ({
    table: TABLE,
    key: SEARCH,
    value: { ...FIRST, ...now(), ...change } as unknown as Json,
  })
  const programRows = (): Array<{ key: string; value: Json }> => storage.list(TABLE, PROGRAM)
  const put = (change: Partial<Search>): void => storage.transact([row(change)])
  return {
    now,
    row,
    put,
    begin(programs) {
      const digestOf = (program: unknown): string => toHex(crypto.sha256(utf8(JSON.stringify(program))))
      const given = new Map(programs.map((program) => [`${PROGRAM}${digestOf(program)}`, program as Json]))
      const all = new Set([...programRows().map(({ key }) => key), ...given.keys()])
      if (all.size > MOST_PROGRAMS)
        return fail(
          'restore.programs',
          `At most ${MOST_PROGRAMS} programs wait for a search. Wait until it is over, and give this one then.`,
        )
      const goesOn = now()?.state === 'running'
      storage.transact([
        ...[...given].map(([key, value]) => ({ table: TABLE, key, value })),
        goesOn ? row(given.size > 0 ? { again: true } : {}) : row({ ...FIRST, found: now()?.found ?? [] }),
        ...(isSearchWanted(storage) ? [searchBegun] : []),
      ])
      return ok(null)
    },
    programs: () => programRows().map(({ value }) => value),
    end: () =>
      storage.transact([row({ state: 'done' }), ...programRows().map(({ key }) => ({ table: TABLE, key, delete: true as const }))]),
  }
}
