/**
 * Whether an update may enter the index (PROTOCOL.md 13). `checkUpdate` is what anybody can check at once: identities, signatures,
 * paths, lanes, digests, types, versions. `checkStamps` needs what the tick reveals when the window closes: that the number of each lane
 * really passed through its path, and through whom it did not.
 */
import { own } from '../../program/index.ts'
import type { Write as DatabaseWrite } from '../index/index.ts'
import { verifyUnder, type ThreadDigests, type Update } from '../documents/index.ts'
import {
  acceptsPath,
  differenceOf,
  canWrite,
  checkSeats,
  holdingOf,
  seatMemory,
  seatOf,
  keySigningBody,
  verifyThreads,
  versionAfter,
  writeDigest,
} from '../requests/index.ts'
import { ok, type Result } from '../result.ts'
import { passed, refuse, type ProofEnv, type UpdateEnv, type VerifyContext } from './update-env.ts'
import { checkCarried, checkDigests, checkKey, checkWrites, sameList } from './verify-writes.ts'

/** One key's new version and the writes that make it. */
export interface KeyChange {
  key: string
  version: string
  writes: DatabaseWrite[]
}

export interface VerifiedUpdate {
  update: Update
  /** Digest of every write, in order. */
  digests: string[]
  /** In the order in which the keys are first written. */
  changes: KeyChange[]
}

type Check = (ctx: VerifyContext, env: ProofEnv, update: Update & { by: string }) => Result<null>
type LedgerCheck = (ctx: VerifyContext, env: UpdateEnv, update: Update & { by: string }) => Result<null>

const checkTime: LedgerCheck = (_ctx, env, update) => {
  if (update.app !== env.app) return refuse('update.app', 'The update belongs to another app.')
  if (update.tick < env.period - 1)
    return refuse('update.late', `The update was stamped in tick ${update.tick}, and anchored after its window. Send the request again.`)
  return update.tick > env.period
    ? refuse('update.early', `The update was stamped in tick ${update.tick}, which had not begun when it was anchored.`)
    : passed
}

const checkAuthor: LedgerCheck = (_ctx, env, update) => {
  if (env.tombstoned(update.by) || !env.database.clients.has(update.by))
    return refuse('update.client', `The client ${update.by} is not registered. Register it first.`)
  return env.used(update.request)
    ? refuse('update.request', 'The request id was used by an update accepted before. A retry needs a new request.')
    : passed
}

const checkStart: Check = (_ctx, _env, { start, ...update }) => {
  const same =
    start.request === update.request && start.app === update.app && start.tick === update.tick && start.endpoint === update.endpoint
  return same && start.client === update.by
    ? passed
    : refuse('update.start', 'The start of the thread belongs to another request or client.')
}

/** Read from the chain's own tick: where a reorganisation took it, nobody is at fault. */
const checkBase: Check = (_ctx, env, { start, tick }) => {
  if (env.planned === null) return refuse('update.plan', `Tick ${tick} had no plan. Send the request again.`)
  return start.base === env.base && start.planned === env.planned.published
    ? passed
    : refuse('update.base', `The update rests on a tick ${tick} that the chain does not have. Send the request again.`)
}

/** As many lanes as the client began, one link for each block in each, and what they sign alike. */
const checkLanes: Check = (_ctx, env, update) => {
  const blocks = own(env.planned!.plan.endpoints, update.endpoint) ?? null
  if (update.lanes.length !== update.start.numbers.length)
    return refuse('update.lanes', `The request ran in ${update.start.numbers.length} lanes, and the update has ${update.lanes.length}.`)
  if (blocks === null || update.lanes.some((links) => links.length !== blocks.length))
    return refuse('update.path', `A thread does not pass through every block of ${update.endpoint}.`)
  const position = differenceOf(update.lanes)
  return position === null
    ? passed
    : refuse('update.lanes', `The lanes differ at block ${position}: one of its servers computed something else.`, { position })
}

/** Each link is by a server to which its version was dealt, no server twice in all lanes; its sites can be executed. */
const checkPath: Check = (ctx, env, update) => {
  const blocks = env.planned!.plan.endpoints[update.endpoint]!
  const holding = holdingOf(ctx.crypto, env.planned!)
  const seen = new Set<string>()
  for (const link of update.lanes.flatMap((links) => links.map((one, position) => ({ ...one, position })))) {
    const { lane, position } = link
    if (!blocks[position]!.versions.includes(link.version))
      return refuse('update.version', `Link ${position} names a version that tick ${update.tick} does not have.`, { lane, position })
    const holds = holding.versionOf(update.endpoint, position, link.server) === link.version
    if (!holds || env.tombstoned(link.server) || seen.has(link.server)) {
      return refuse('update.server', `Link ${position} is by a server that may not run this block in this request.`, { lane, position })
    }
    seen.add(link.server)
    // Lanes agree on their sites.
    if (lane === 0 && !acceptsPath(env.outline, update.endpoint, position, link.sites)) {
      return refuse('update.sites', `Link ${position} claims call sites which the block cannot execute in this order.`, { position })
    }
  }
  return passed
}

/** Clients whose seats are remembered, by all who verify here. */
const seats = seatMemory(200_000, false)

/** Every server has a seat that this client had to take in this tick: so no client puts a server of its own where it likes. */
const checkSeat: Check = (ctx, env, { start, lanes, tick, endpoint }) => {
  const { terms } = env.planned!
  const holding = holdingOf(ctx.crypto, env.planned!)
  const writes = canWrite(env.outline.endpoints[endpoint]!)
  const seat = seatOf(start, env.hash)
  for (const position of lanes[0]!.keys()) {
    // Who is missing changes the place of nobody else.
    const order = holding.seats(seat, position).filter((id) => !env.tombstoned(id))
    const chosen = lanes.map((links) => links[position]!.server)
    if (!checkSeats(order, terms, writes, chosen))
      return refuse('update.seat', `The servers of block ${position} are not those that this client had to take in tick ${tick}.`, {
        position,
      })
  }
  return passed
}

const checkChain: LedgerCheck = (_ctx, env, { start, tick, by }) =>
  seats.verify(by, env.database.clients.get(by)!, tick, start.seat)
    ? passed
    : refuse('update.seat', `The seat is not the value of this client's chain for tick ${tick}.`)

function checkSignatures(ctx: VerifyContext, update: Update, digests: string[]): Result<null> {
  const body = keySigningBody(update.app, update.request, digests)
  const changed = [...new Set(update.writes.map((write) => write.key))]
  const signers = update.keySigs.map(({ key }) => key)
  if (!sameList(signers, changed))
    return refuse('update.signature', 'The signatures are not those of the changed keys, in the order in which they are first written.')
  const unsigned = update.keySigs.find(({ key, sig }) => !verifyUnder(ctx.crypto, 'key', { ...body, sig }, key))
  return unsigned === undefined ? passed : refuse('update.signature', `The key ${unsigned.key} did not sign the writes.`)
}

/** Threads are signed by servers and client. */
function checkThreads(ctx: VerifyContext, update: Update, known?: ThreadDigests): Result<null> {
  const threads = verifyThreads(ctx.crypto, update.start, update.lanes, known)
  return threads.ok ? passed : refuse('update.thread', threads.error.message, threads.error.details)
}

function changesOf(ctx: VerifyContext, update: Update, digests: string[]): KeyChange[] {
  const changes = new Map<string, KeyChange>()
  for (const [i, { key, collection, replaces, fields }] of update.writes.entries()) {
    const change = changes.get(key) ?? { key, version: '', writes: [] }
    change.version = versionAfter(ctx.crypto, update.request, digests[i]!)
    change.writes.push({ key, collection, replaces, fields: fields })
    changes.set(key, change)
  }
  return [...changes.values()]
}

const digestsOf = (ctx: VerifyContext, update: Update): string[] => update.writes.map((write) => writeDigest(ctx.crypto, write))

/** What a few ticks say of an update, each by what it is about, in the order of PROTOCOL.md 13. Each one needs that those before it hold. */
export const proofSteps = {
  start: checkStart,
  base: checkBase,
  lanes: checkLanes,
  path: checkPath,
  seats: checkSeat,
  digests: (ctx, _env, update) => checkDigests(update, digestsOf(ctx, update)),
  writes: (ctx, env, update) => checkWrites(ctx, env, update, () => passed, false),
  threads: (ctx, _env, update) => checkThreads(ctx, update),
  keys: (ctx, _env, update) => checkSignatures(ctx, update, digestsOf(ctx, update)),
} satisfies Record<string, Check>

/**
 * What an update says about itself, whatever it is held against: its lanes agree, its writes are those that its links are signed over, what is carried opens its commitment, threads
 * and changed keys are signed. Part of `checkUpdate`, which need not make it where it is known to hold.
 * @param known digests of just this update's thread
 */
export function checkItself(ctx: VerifyContext, update: Update, known?: ThreadDigests): Result<null> {
  const digests = digestsOf(ctx, update)
  const steps = [
    () => checkAlike(update),
    () => checkDigests(update, digests),
    () => checkCarried(ctx, update),
    () => checkThreads(ctx, update, known),
    () => checkSignatures(ctx, update, digests),
  ]
  return firstFailure(steps)
}

/** Lanes that differ are refused in any case, and what agrees with the writes is small. */
const checkAlike = ({ start, lanes }: Update): Result<null> =>
  lanes.length === start.numbers.length && lanes.every(({ length }) => length === lanes[0]!.length) && differenceOf(lanes) === null
    ? passed
    : refuse('update.lanes', 'The lanes differ.')

function firstFailure(steps: ReadonlyArray<() => Result<null>>): Result<null> {
  for (const step of steps) {
    const done = step()
    if (!done.ok) return done
  }
  return passed
}

/**
 * All public checks of an update whose document was opened (schema, signature of `by`). Cheap ones come first, signatures last.
 * Every write of a key names the version that the key had before the request. Errors: see `UPDATE_OUTCOMES`.
 * @param isSound whether `checkItself` is known to hold
 */
export function checkUpdate(ctx: VerifyContext, env: UpdateEnv, update: Update, isSound = false): Result<VerifiedUpdate> {
  for (const check of [checkTime, checkAuthor, checkStart, checkBase, checkLanes, checkPath, checkSeat, checkChain]) {
    const done = check(ctx, env, update)
    if (!done.ok) return done
  }
  const digests = isSound ? update.lanes[0]!.flatMap((link) => link.own) : digestsOf(ctx, update)
  const writes = (): Result<null> => checkWrites(ctx, env, update, (write, site) => checkKey(env, update, write, site), isSound)
  const done = firstFailure(
    isSound
      ? [writes]
      : [() => checkDigests(update, digests), writes, () => checkThreads(ctx, update), () => checkSignatures(ctx, update, digests)],
  )
  return done.ok ? ok({ update, digests, changes: changesOf(ctx, update, digests) }) : done
}
