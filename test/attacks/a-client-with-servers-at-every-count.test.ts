/**
 * A client and k servers of one owner, for every number of witnesses and every k up to the stated boundary and one beyond it (PROTOCOL 12.4, 20).
 *
 * Up to k = witnesses: every lane that is not theirs signs what the program writes, so whatever they do with theirs the update is rejected by the tick that
 * decides it (`update.lanes`, `.seat`, `.server`, `.thread`), by every auditor and by `golem verify`. Nobody is buried for it: who of two lies is decided by a
 * dispute, which only the client could publish. Lost: nothing but the author's fee.
 * One beyond, k = 1 + witnesses with seats at one block: it counts, nobody notices, nobody is punished. What it may write is still bounded: its own
 * keys, the sites, fields and types of the outline, the rules.
 */
import { describe, expect, it } from 'vitest'
import type { Link, Update, Write } from '../../roles/protocol/documents/index.ts'
import { signLink, writeDigest } from '../../roles/protocol/requests/index.ts'
import { checkUpdate } from '../../roles/protocol/stamps/index.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'

const [SERVERS, TICK, WRITING, SPARE] = [28, 3, 1, 1]
const OTHER = 'ab'.repeat(32)

/** What the adversary would like: another's name as author. */
const forge = (writes: Write[]): Write[] => writes.map((write) => ({ ...write, fields: { ...write.fields, author: OTHER } }))

async function scene(witnesses: number) {
  const town = await peopleTown(`every count ${witnesses}`, { minimumServers: SERVERS, witnesses, spare: SPARE }, SERVERS)
  await town.mineTo(TICK)
  const [key] = town.cast.keys
  const env = heldAgainst(town, TICK)
  const replaces = env.database.keys.get(key!.publicKey)!.version
  const options = { app: town.app, tick: TICK, ...tickSecrets(town, TICK), endpoint: 'post' as const, key: key!, replaces, text: 'hello' }
  const document = (change: Partial<UpdateOptions>) => makeUpdate(town.cast, { ...options, ...change })
  const outcome = (update: Update): string => {
    const checked = checkUpdate({ crypto }, env, update)
    return checked.ok ? 'accepted' : checked.error.code
  }
  return { town, document, outcome, key: key! }
}
type Scene = Awaited<ReturnType<typeof scene>>

const change =
  (fields: Partial<Write>): ((writes: Write[]) => Write[]) =>
  (writes) =>
    writes.map((write) => ({ ...write, ...fields }))

/** What even all servers of a block cannot write, and what everybody says of it. */
const BEYOND: Array<[draft: (writes: Write[]) => Write[], verdict: string]> = [
  [change({ key: OTHER }), 'update.key'],
  [change({ collection: 'polls' }), 'update.collection'],
  [change({ replaces: OTHER }), 'update.replaced'],
  [(writes) => writes.map((write) => ({ ...write, fields: { ...write.fields, stars: '5' } })), 'update.fields'],
  [(writes) => writes.map((write) => ({ ...write, fields: { ...write.fields, author: 7 } })), 'update.type'],
  [(writes) => writes.map((write) => ({ ...write, fields: { ...write.fields, text: 'not what was sealed' } })), 'update.carried'],
  [(writes) => [...writes, ...writes], 'update.sites'],
]

/** Only the lanes in the adversary's hand sign the forged writes; the servers of the others run the program. */
function lyingLanes(own: ReadonlySet<number>): Partial<UpdateOptions> {
  let honest: Write[] = []
  const sign = (link: Omit<Link, 'sig'>): Omit<Link, 'sig'> =>
    link.position === WRITING && !own.has(link.lane) ? { ...link, own: honest.map((write) => writeDigest(crypto, write)) } : link
  return {
    link: sign,
    draft(writes) {
      honest = writes
      return forge(writes)
    },
  }
}

/** Seats of the writing block by their place in the client's order. */
const at =
  (places: number[]): NonNullable<UpdateOptions['seats']> =>
  (order, position) =>
    position === WRITING ? places.map((place) => order[place]!) : order

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/**
 * Everything that a client can publish with the first `own` seats of the writing block in its hand, and every holder of it that has no seat.
 * @param lanes of the request: from 1 + witnesses to that and `spare`
 */
function attempts({ town, document }: Scene, witnesses: number, own: number, lanes: number): Record<string, Update> {
  const seats = 1 + witnesses + 2 * SPARE
  const author = town.cast.client.publicKey
  const beside = document({ lanes, ...lyingLanes(new Set(range(0, own))) }).body
  const forged = document({ lanes, draft: forge }).body
  // The adversary signs, with a key of its own, as the servers of the lanes that it lacks.
  const signed = forged.lanes.map((links, lane) => {
    const { sig: _sig, ...link } = links[WRITING]!
    const thief = town.cast.servers.find(({ publicKey }) => publicKey !== link.server)!
    return lane < own ? links : [...links.slice(0, WRITING), signLink(crypto, link, thief, town.cast.random(32))]
  })
  return {
    'own lanes lie beside honest ones': beside,
    'the same with what the honest lanes signed': {
      ...beside,
      writes: beside.writes.map((w) => ({ ...w, fields: { ...w.fields, author } })),
    },
    'lanes are cut off afterwards': { ...beside, lanes: beside.lanes.slice(0, own) },
    'the signatures of the others are forged': { ...forged, lanes: signed },
    'only own lanes are run': document({ lanes: own, draft: forge }).body,
    'one own server in several lanes': document({ lanes, draft: forge, seats: at(range(0, lanes).map((lane) => Math.min(lane, own - 1))) })
      .body,
    'own servers without a seat': document({ lanes, draft: forge, seats: at([...range(0, own), ...range(seats, seats + lanes - own)]) })
      .body,
  }
}

const REFUSED: Record<string, string> = {
  'own lanes lie beside honest ones': 'update.lanes',
  'the same with what the honest lanes signed': 'update.lanes',
  'lanes are cut off afterwards': 'update.lanes',
  'the signatures of the others are forged': 'update.thread',
  'only own lanes are run': 'update.seat',
  'one own server in several lanes': 'update.server',
  'own servers without a seat': 'update.seat',
}

describe.each([1, 2, 3])('with %i witnesses', (witnesses) => {
  it('[P5] a client gets nothing forged counted with servers on up to as many seats of a block, whatever it publishes', async () => {
    const made = await scene(witnesses)
    expect(made.outcome(made.document({}).body)).toBe('accepted')
    for (const lanes of range(1 + witnesses, 2 + witnesses + SPARE))
      for (const own of range(1, 1 + witnesses)) {
        const outcomes = Object.entries(attempts(made, witnesses, own, lanes)).map(([name, update]) => [name, made.outcome(update)])
        expect({ lanes, own, ...Object.fromEntries(outcomes) }).toEqual({ lanes, own, ...REFUSED })
      }
  })

  it('the boundary: with one seat more it counts and nobody notices, but on keys of others or beyond the outline it still is not', async () => {
    const made = await scene(witnesses)
    const { town, document, outcome, key } = made
    const forged = document({ draft: forge })
    expect(outcome(forged.body)).toBe('accepted')
    for (const [draft, verdict] of BEYOND) expect([outcome(document({ draft }).body), verdict]).toEqual([verdict, verdict])
    const [lane] = forged.body.lanes
    expect(new Set(forged.body.lanes.map((links) => links[WRITING]!.server)).size).toBe(1 + witnesses)
    town.anchor(forged, { spends: [key.publicKey] })
    await town.mineTo(TICK + 2)
    const { summary, tombstones } = town.ticks[TICK + 2]!.document.body
    expect([summary.verdicts.map((entry) => entry.outcome), tombstones]).toEqual([['accepted'], []])
    expect(town.keeper.ledger.database.collections.get('notes')!.get(key.publicKey)!.fields).toMatchObject({ author: OTHER })
    expect(lane).toHaveLength(2)
    expect((await auditTown(town)).ok).toBe(true)
  })
})

it('without witnesses one server with a seat is enough, and one without a seat is not', async () => {
  const made = await scene(0)
  const seats = 1 + 2 * SPARE
  expect(made.outcome(made.document({ draft: forge }).body)).toBe('accepted')
  expect(made.outcome(made.document({ draft: forge, seats: at([seats]) }).body)).toBe('update.seat')
})
