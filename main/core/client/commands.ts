/** What a person asks of a client: read, request, approve, refuse, raise a fee, compose anew, reserve keys. */
import type { CommandArgs, ReservedView, RowsView } from '../../contract/index.ts'
import { wholeArguments } from '../../../roles/program/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import {
  composeUpdate,
  isRegistered,
  keyCounts,
  missedWindow,
  UNCOUNTED,
  type ClientState,
  type RequestEntry,
} from '../../../roles/client/index.ts'
import { stopOf } from '../../../roles/protocol/ticks/index.ts'
import { isHalted, stopText } from '../history.ts'
import { readIndex, type ReadArgs } from '../read-index.ts'
import type { Sent } from '../wallet/keeper.ts'
import { outOfTime, windowClosed } from './deadline.ts'
import { againstRules, reserveKeys } from './reserve.ts'
import { noApp, signedText, type ClientSession, type Joined } from './session.ts'
import { own } from '../../../roles/program/index.ts'

const APPROVE_WAIT_MS = 20_000

const entryOf = ({ joined }: ClientSession, id: string): RequestEntry | undefined =>
  joined?.member.state().requests.find((entry) => entry.id === id)
const unknownRequest = fail('client.request', 'This request is not known here. Reload the page.')
const wrongPhase = (entry: RequestEntry | undefined, may: string) =>
  fail('client.phase', `This request is «${entry?.phase ?? 'gone'}»; ${may}.`)

/** Reads the newest tick. Errors: `client.no-app`, `client.no-tick`, those of `readIndex`. */
export async function read(session: ClientSession, args: ReadArgs): Promise<Result<RowsView>> {
  if (session.joined === null) return noApp()
  const opened = await session.newestTick(session.joined)
  return opened.ok ? readIndex(opened.value, args) : opened
}

type Asked = Omit<CommandArgs<'use.request'>, 'app'>

/** Sends a request, with arguments in natural or exact form; what comes of it is shown by its entry. @returns its id here. Errors: `client.argument` */
export async function request(session: ClientSession, asked: Asked, instead?: string): Promise<Result<{ id: string }>> {
  const { joined, newest, services } = session
  if (joined === null || newest === null) return noApp()
  const stop = stopOf(joined.member.state().following)
  if (isHalted(stop)) return fail('client.stopped', stopText(stop))
  const endpoint = Object.hasOwn(newest.planned.endpoints, asked.endpoint) ? newest.planned.endpoints[asked.endpoint]! : null
  if (endpoint === null)
    return fail('client.endpoint', `The app has no endpoint ${asked.endpoint}. It has ${Object.keys(newest.planned.endpoints).join(', ')}.`)
  const exact = wholeArguments(endpoint, asked.arguments)
  if (!exact.ok) return fail('client.argument', exact.error.message, exact.error.details)
  const id = toHex(services.random.bytes(32))
  await joined.member.dispatch({
    type: 'request',
    id,
    endpoint: asked.endpoint,
    arguments: exact.value,
    slots: endpoint.slots,
    at: services.clock.now(),
    ...(instead === undefined ? {} : { instead }),
  })
  return ok({ id })
}

/** Whether nothing comes of a request any more. */
const isOver = async (session: ClientSession, entry: RequestEntry): Promise<boolean> =>
  UNCOUNTED.has(entry.phase) || (await cannotCount(session, entry))

/** The request itself, or the last of those that were composed in its place one after the other. */
function lastOf(session: ClientSession, entry: RequestEntry): RequestEntry {
  for (let last = entry; ;) {
    const next = last.again === null ? undefined : entryOf(session, last.again)
    if (next === undefined) return last
    last = next
  }
}

/**
 * Composes a request anew on the newest tick, with the arguments that the person gave: keys that it chose by itself are chosen again, a row that was to
 * be changed stays. Safe to repeat: one that took its place and is on its way, or counted, is it; of one that ended as well another takes the place.
 * Errors: `client.request`, `client.phase`, those of `request`.
 */
export async function again(session: ClientSession, id: string): Promise<Result<{ id: string }>> {
  const asked = entryOf(session, id)
  if (session.joined === null || asked === undefined) return unknownRequest
  const entry = lastOf(session, asked)
  // Its successor is remembered no more.
  if (entry.again !== null) return ok({ id: entry.again })
  const over = await isOver(session, entry)
  if (entry !== asked && !over) return ok({ id: entry.id })
  if (entry.phase !== 'review' && !over)
    return wrongPhase(entry, 'it is composed anew once it failed, was refused, or is too late to count')
  const slots = own(session.newest?.planned.endpoints ?? {}, entry.endpoint)?.slots ?? []
  const chosenByItself = new Set(slots.filter(({ state }) => state === 'fresh').map(({ name }) => name))
  const kept = Object.entries(entry.arguments).filter(([name]) => !chosenByItself.has(name))
  const sent = await request(session, { endpoint: entry.endpoint, arguments: Object.fromEntries(kept) }, entry.id)
  return sent.ok ? ok({ id: entryOf(session, entry.id)?.again ?? sent.value.id }) : sent
}

/** By the chain as it is now, which a computer that slept has not followed yet. */
async function cannotCount({ services }: ClientSession, entry: RequestEntry): Promise<boolean> {
  const tip = entry.phase === 'signed' ? await services.chain.tip() : null
  return tip?.ok === true && missedWindow(entry, tip.value.height)
}

/**
 * Signs the reviewed writes, stores them, and waits for their transaction. What would come too late is refused before anything is signed or paid.
 * Safe to repeat. Errors: `client.late`, `client.base`, `client.phase`, `client.chain` and `client.publishing` (retryable), those of publishing.
 */
export async function approve(session: ClientSession, id: string): Promise<Result<{ txid: string }>> {
  const { joined } = session
  const entry = entryOf(session, id)
  if (joined === null || entry === undefined) return unknownRequest
  if (entry.phase === 'review') {
    const timely = await outOfTime(session, entry)
    if (!timely.ok) return timely
    const signed = await sign(session, joined, entry)
    if (!signed.ok) return signed
  }
  const answered = await session.answer(() => publishedAs(entryOf(session, id)), APPROVE_WAIT_MS)
  return (
    answered ??
    failForNow(
      'client.publishing',
      'The approved writes are stored and being published. Look again in a moment; nothing is published twice.',
    )
  )
}

async function sign(session: ClientSession, { client, member }: Joined, { id, reviewed }: RequestEntry): Promise<Result<null>> {
  const keys = new Map(member.state().keys.map((own) => [own.key, own.index]))
  const update = composeUpdate(session.ctx, client, (key) => (keys.has(key) ? session.dataKey(keys.get(key)!) : null), reviewed!)
  if (!update.ok) return update
  await member.dispatch({ type: 'approve', id, ...signedText(update.value.document, update.value.spending) })
  return ok(null)
}

/** What became of an approval; null while it is being published. */
function publishedAs(entry: RequestEntry | undefined): Result<{ txid: string }> | null {
  if (entry?.publication?.txid) return ok({ txid: entry.publication.txid })
  if (entry?.error) return fail(entry.error.code, entry.error.message)
  return entry?.publication ? null : wrongPhase(entry, 'only one that waits for review can be approved')
}

/** Pays more for a request's transaction that waits for a block. Errors: `client.phase`, `client.late`, those of `WalletKeeper.bump`. */
export async function bump(session: ClientSession, id: string, feeRate: number | null): Promise<Result<Sent>> {
  const entry = entryOf(session, id)
  if (session.joined === null || entry === undefined) return unknownRequest
  const txid = entry.publication?.txid ?? null
  if (entry.phase !== 'signed' || txid === null)
    return wrongPhase(entry, 'a fee can be raised only while its transaction waits for a block')
  const open = await windowClosed(session, entry)
  return open.ok ? session.services.wallet.bump(txid, feeRate) : open
}

/** Drops the reviewed writes, and what came too late. Safe to repeat. */
export async function refuse(session: ClientSession, id: string): Promise<Result<null>> {
  const entry = entryOf(session, id)
  if (session.joined === null || entry === undefined) return unknownRequest
  if (!['review', 'late', 'refused'].includes(entry.phase)) return wrongPhase(entry, 'only one that waits for review can be refused')
  await session.joined.member.dispatch({ type: 'refuse', id })
  return ok(null)
}

/**
 * Sees to it that `count` fresh keys of a collection are free or on their way. Safe to repeat: keys that are there are not reserved again.
 * Errors: `client.no-app`, `client.unregistered` (retryable), `client.collection`, those of `reserveKeys`.
 */
export async function reserve(
  session: ClientSession,
  { collection, count }: Omit<CommandArgs<'use.reserve'>, 'app'>,
): Promise<Result<ReservedView>> {
  const { joined, newest } = session
  if (joined === null || newest === null) return noApp()
  const { collections } = newest.outline
  if (!Object.hasOwn(collections, collection))
    return fail('client.collection', `The app has no collection ${collection}. It has ${Object.keys(collections).join(', ')}.`)
  if (!isRegistered(joined.member.state()))
    return failForNow(
      'client.unregistered',
      'This client is not registered yet. Keys can be reserved once a tick has counted its registration.',
    )
  const missing = (state: ClientState): number => {
    const { free, coming } = keyCounts(state, collection)
    return Math.max(0, count - free - coming)
  }
  const refused = againstRules(joined.member.state(), newest.outline, collection, missing(joined.member.state()))
  if (refused !== null) return refused
  const reserved = await reserveKeys(session, joined, (state) => Array.from({ length: missing(state) }, () => collection))
  const { free, coming } = keyCounts(joined.member.state(), collection)
  return ok({ reserved, free, coming })
}
