/**
 * Which servers a client has to take (PROTOCOL.md 11.9). A client that could put its own server on a writing block could write anything, so for every
 * client, tick and block the holders are put in an order that follows from a block hash, unknown when the holders were dealt, and from a value that
 * only the client knows until it asks: nobody else can foresee, flood or bribe a person's servers, and the client itself cannot choose.
 */
import { concatBytes, compareBytes, fromHex, toHex, uint32, utf8 } from '../bytes.ts'
import { taggedPrefix, type CryptoPort } from '../crypto/index.ts'
import { holdersOfBlock, leastHolders, named, type DealTerms } from './holders.ts'

/** K, values of a client's hash chain: ticks for which a registration lasts. */
export const SEAT_TICKS = 65_536
/** Every so many values of a chain one is kept. */
const STRIDE = 256

const hashChain = (value: Uint8Array, steps: number): Uint8Array => {
  const next = taggedPrefix('golem/seat-chain')
  const at = Uint8Array.from(value)
  for (let i = 0; i < steps; i++) at.set(next(at))
  return at
}

/** A client's values, one for each tick. Holds secrets. */
export interface SeatChain {
  /** The end of the chain, hex: `seats` of the registration. */
  end: string
  /** The value of the tick so many ticks after the one that registered the client, hex; null when the chain ends before. */
  value(age: number): string | null
}

/**
 * The hash chain of a client in one app. Its 65,536 hashes take tens of milliseconds, so a caller keeps it.
 * @param privateKey the client's, 32 bytes; @param app app id, hex
 */
export function seatChain(crypto: CryptoPort, privateKey: Uint8Array, app: string): SeatChain {
  const kept = [crypto.hkdf(privateKey, utf8('golem/seats/1'), fromHex(app), 32)]
  for (let i = STRIDE; i <= SEAT_TICKS; i += STRIDE) kept.push(hashChain(kept.at(-1)!, STRIDE))
  return {
    end: toHex(kept.at(-1)!),
    value: (age) => {
      const at = SEAT_TICKS - 1 - age
      if (age < 0 || at < 0) return null
      return toHex(hashChain(kept[Math.floor(at / STRIDE)]!, at % STRIDE))
    },
  }
}

/** What the database knows of a client's chain. */
export interface SeatsRow {
  /** End of the chain, hex. */
  seats: string
  /** Number of the tick that registered the client. */
  since: number
}

/** The value of a tick that was verified. */
export interface KnownSeat {
  tick: number
  seat: string
}

/** Hashes that `verifySeat` takes, so that a caller can refuse what costs too much. */
export function seatSteps({ since }: Pick<SeatsRow, 'since'>, tick: number, known: KnownSeat | null): number {
  return known === null ? tick - since + 1 : Math.abs(tick - known.tick)
}

/**
 * Whether `seat` is the client's value for `tick`. Takes one hash for each tick since the one that registered the client, at most 65,536, or since the
 * value that was verified last.
 * @param known a value of the same client that was verified before, or null
 */
export function verifySeat(row: SeatsRow, tick: number, seat: string, known: KnownSeat | null): boolean {
  const age = tick - row.since
  if (age < 0 || age >= SEAT_TICKS) return false
  const steps = seatSteps(row, tick, known)
  // Values of later ticks lie before those of earlier ones, so an older value follows from one that is known.
  if (known !== null && known.tick > tick) return toHex(hashChain(fromHex(known.seat), steps)) === seat
  return toHex(hashChain(fromHex(seat), steps)) === (known === null ? row.seats : known.seat)
}

/** Remembers what was verified, so that an active client costs a hash or two for each tick. */
export interface SeatMemory {
  /** As `verifySeat`, from the last value of this client that was right. */
  verify(client: string, row: SeatsRow, tick: number, seat: string): boolean
}

/** Hashes that nobody needs to be kept from. */
const CHEAP = 256

/**
 * @param most clients that are remembered; the least recently seen is forgotten
 * @param once whether a client whose value was wrong is heard no more in that tick where finding out is dear: for those whom anybody may ask
 */
export function seatMemory(most: number, once: boolean): SeatMemory {
  const kept = new Map<string, { known: KnownSeat | null; wrong: number | null }>()
  return {
    verify(client, row, tick, seat) {
      const name = `${client}/${row.seats}/${row.since}`
      const { known, wrong } = kept.get(name) ?? { known: null, wrong: null }
      if (once && wrong === tick && seatSteps(row, tick, known) > CHEAP) return false
      const right = verifySeat(row, tick, seat, known)
      const newer = right && (known === null || known.tick < tick)
      kept.delete(name)
      kept.set(name, { known: newer ? { tick, seat } : known, wrong: right ? wrong : tick })
      if (kept.size > most) kept.delete(kept.keys().next().value!)
      return right
    },
  }
}

/** Whose seats, when, and where. */
export interface SeatOf {
  /** Hash of the block that ended the range of the tick of the request, display hex. */
  hash: string
  /** The client's value for that tick, hex. */
  seat: string
  client: string
  tick: number
  endpoint: string
}

/**
 * The holders of a block in the order in which this client has to take them.
 * @param block its position in the endpoint; @param holders ids of its holders, each once
 */
export function seatOrder(of: SeatOf, block: number, holders: readonly string[]): string[] {
  const head = concatBytes(fromHex(of.hash), fromHex(of.seat), fromHex(of.client), uint32(of.tick), named(of.endpoint))
  const hash = taggedPrefix('golem/seat', head, Uint8Array.of(block))
  return holders
    .map((server) => ({ server, hash: hash(fromHex(server)).slice() }))
    .sort((a, b) => compareBytes(a.hash, b.hash))
    .map(({ server }) => server)
}

/** The part of a start that decides seats; `hash` is of the tick that it rests on. */
export const seatOf = ({ seat, client, tick, endpoint }: Omit<SeatOf, 'hash'>, hash: string): SeatOf => ({
  hash,
  seat,
  client,
  tick,
  endpoint,
})

type SeatTerms = Pick<DealTerms, 'witnesses' | 'spare'>

/**
 * How many of the first holders in the order a request with `lanes` lanes may choose from; 0 when it may not have so many lanes. A client may pass over
 * one server for each further lane, and where a block has too few holders for that, one for free.
 * @param holders of the block; @param writes whether the endpoint can write
 */
export function permittedSeats({ witnesses, spare }: SeatTerms, lanes: number, holders: number, writes: boolean): number {
  const least = 1 + witnesses
  if (!writes) return lanes === 1 ? Math.min(holders, least + 2 * spare) : 0
  const passed = lanes - least
  if (!Number.isInteger(passed) || passed < 0 || passed > spare) return 0
  const first = passed === 0 && holders < 3 + witnesses ? 2 + witnesses : least + 2 * passed
  return first < lanes || holders < lanes ? 0 : Math.min(holders, first)
}

/** Whether a request may have just these servers at a block: one for each lane, all different, all of the permitted ones. */
export function checkSeats(order: readonly string[], terms: SeatTerms, writes: boolean, chosen: readonly string[]): boolean {
  const permitted = order.slice(0, permittedSeats(terms, chosen.length, order.length, writes))
  return new Set(chosen).size === chosen.length && chosen.length > 0 && chosen.every((server) => permitted.includes(server))
}

/**
 * The servers that a client takes: for each block those of its lanes, as early in the order as can be, with as few lanes as the failed servers allow.
 * Null when too many failed.

 */
export function takeSeats(orders: readonly string[][], terms: SeatTerms, writes: boolean, failed: ReadonlySet<string>): string[][] | null {
  const least = writes ? 1 + terms.witnesses : 1
  const most = writes ? leastHolders(terms) : 1
  for (let lanes = least; lanes <= most; lanes++) {
    const taken = orders.map((order) =>
      order
        .slice(0, permittedSeats(terms, lanes, order.length, writes))
        .filter((server) => !failed.has(server))
        .slice(0, lanes),
    )
    if (taken.every((servers) => servers.length === lanes)) return taken
  }
  return null
}

/**
 * What witnesses are worth: the share of ticks in which a client has every lane of some block run by servers of its own owner, who has just as many as a block's
 * lanes take, 1 + witnesses of all. Exact, since any of the servers stand anywhere in what is dealt with the same chance. With fewer it never happens; `golem simulate` counts more.
 * @param ready servers that are ready; @param all blocks of all endpoints; @param blocks those of the endpoint, which can write
 */
export function forgingShare(terms: DealTerms, ready: number, all: number, blocks: number): number {
  const own = 1 + terms.witnesses
  const first = permittedSeats(terms, own, holdersOfBlock({ ready, blocks: all, terms }, blocks), true)
  let share = blocks
  for (let i = 0; i < own; i++) share *= Math.max(0, first - i) / Math.max(1, ready - i)
  return Math.min(1, share)
}
