/** Performs what the client's step asks for; every effect may be performed again after a crash. */
import { fromHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { stopOf } from '../../../roles/protocol/ticks/index.ts'
import { fail, failForNow, ok, type Failure, type Result } from '../../../roles/protocol/result.ts'
import {
  answerAlone,
  approveBefore,
  composeRegistration,
  composeRequest,
  registrationSpending,
  windowOf,
  type ClientEffect,
  type ClientEvent,
} from '../../../roles/client/index.ts'
import { canWrite, labelIn } from '../../../roles/protocol/requests/index.ts'
import { own, type Endpoint } from '../../../roles/program/index.ts'
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import { isHalted, stopText } from '../history.ts'
import { fetchBetweenBlocks } from '../services.ts'
import { showsFault } from './audit.ts'
import type { Graves } from '../../../roles/protocol/ticks/index.ts'
import type { OpenedTick } from './app.ts'
import { outOfTime } from './deadline.ts'
import { investigate } from './complaints.ts'
import { keepDispute } from './disputes.ts'
import { exchange } from './exchange.ts'
import { signedText, type ClientSession } from './session.ts'

/** Wait before the second attempt at servers that have not seen the newest tick yet; twice as long before the third. */
const BEHIND_MS = 2_000

export const createEffects =
  (session: ClientSession) =>
  async (effect: ClientEffect): Promise<ClientEvent[]> => {
    switch (effect.type) {
      case 'fetch':
        return fetchBetweenBlocks(session.services, effect)
      case 'grind':
        return [await register(session, effect)]
      case 'send':
        return send(session, effect)
      case 'publish':
        return [await publish(session, effect)]
      case 'prove':
        return [await prove(session, effect)]
      case 'seed': {
        const own = { documentType: effect.documentType, document: utf8(effect.document), files: [] }
        await session.services.persist('serve an update', () => session.services.documents.seed(own))
        return []
      }
      case 'complaint': {
        await investigate(session.services, session.joined!.reference.sha256, effect)
        return []
      }
      case 'log':
        return []
    }
  }

/** What a resumption shows is looked at until it can be: nobody goes on before. */
async function prove({ services, joined, app, offerOf }: ClientSession, effect: ClientEffect & { type: 'prove' }): Promise<ClientEvent> {
  const { sha256 } = effect.resumption
  const { following } = joined!.member.state()
  const subject = { following, offerOf, open: (reference: Reference) => app.offer(reference) }
  const holds = await services.persist('look at what a resumption shows', () => showsFault(services, subject, sha256, effect.shows.sha256))
  return { type: 'proof', resumption: sha256, holds }
}

async function register(session: ClientSession, { challenge, bits }: ClientEffect & { type: 'grind' }): Promise<ClientEvent> {
  const { services, joined } = session
  const { reference, client } = joined!
  const progress = (work: typeof session.work): void => {
    session.work = work
    services.changed()
  }
  const nonce = await services.persist('find the proof of work', () => services.work.grind(fromHex(challenge), bits, { progress }))
  progress(null)
  const sealing = services.identity.sealing(client, 'identity')
  const document = composeRegistration(session.ctx, reference.sha256, client, sealing.publicKey, session.chain(joined!).end, nonce)
  return { type: 'work.done', ...signedText(document, registrationSpending(session.inForce(joined!).body, client.publicKey)) }
}

/**
 * What may pass by itself is tried again here; a final failure of what a person approved is told. Registration and reservations are what the
 * client needs to be one at all: they wait for coins or for the node, however long, instead of being made anew.
 */
async function publish(session: ClientSession, effect: ClientEffect & { type: 'publish' }): Promise<ClientEvent> {
  const { services } = session
  const { documentType, document, sha256, spendFromKeys, payToKeys } = effect
  const mayPay = (): Promise<Result<null>> => stillCounts(session, sha256)
  const attempt = () => services.documents.publish({ documentType, document: utf8(document), files: [], spendFromKeys, payToKeys, mayPay })
  const what = `publish the ${documentType}`
  const published =
    documentType === 'update' || documentType === 'dispute'
      ? await services.patiently(what, attempt)
      : ok(await services.persist(what, attempt))
  return published.ok ? { type: 'published', sha256, ...published.value } : { type: 'publish.failed', sha256, failure: published.error }
}

/** An approved update that waited for coins, a node or this computer may have come too late since: then nothing is paid for it. */
async function stillCounts(session: ClientSession, sha256: string): Promise<Result<null>> {
  const entry = session.joined?.member.state().requests.find(({ publication }) => publication?.sha256 === sha256)
  return entry === undefined ? ok(null) : outOfTime(session, entry)
}

const ASLEEP = 'The app sleeps: it has too few servers in this tick. Try again after the next one.'
const NOT_YET = 'The app has just begun: its code runs from tick 1 on. Try again after the next tick.'

/** What would write, on a tick that is so old that nothing of it counts any more: servers would work, and be paid, for nothing. Null while it may count. */
async function tooLate(
  { services }: ClientSession,
  { reference, tick, offer }: OpenedTick,
  endpoint: Endpoint | undefined,
): Promise<Failure | null> {
  if (endpoint === undefined || !canWrite(endpoint)) return null
  const tip = await services.chain.tip()
  if (!tip.ok || tip.value.height < approveBefore(windowOf(reference.sha256, tick, offer.body.tickBlocks))) return null
  return failForNow(
    'client.overdue',
    `No tick of this app has come since block ${tick.blocks.to}, so what is written now would come too late: its Supervisor, or this node, is behind. Nothing was sent; try again after the next tick.`,
  ).error
}

const LOOK_MS = 10_000
const notLooked = failForNow(
  'client.no-tick',
  'What the newest tick says of ended servers cannot be looked into yet: its evidence is not here. Try again in a moment.',
)

/** Whose seats count follows from whose tombstones hold, so no request is composed before this client has looked. */
async function gravesOf({ clock }: ClientSession['services'], { graves, looked }: OpenedTick): Promise<Graves | null> {
  if (graves() === null)
    await Promise.race([
      looked,
      new Promise<void>((resolve) => {
        clock.after(LOOK_MS, resolve)
      }),
    ])
  return graves()
}

async function send(session: ClientSession, effect: ClientEffect & { type: 'send' }): Promise<ClientEvent[]> {
  const { ctx, services, joined } = session
  const { id, attempt, endpoint } = effect
  const failed = (failure: Failure, servers: string[] = []): ClientEvent[] => [{ type: 'send.failed', id, attempt, failure, servers }]
  const stop = stopOf(joined!.member.state().following)
  if (isHalted(stop)) return failed(fail('client.stopped', stopText(stop)).error)
  const opened = await session.newestTick(joined!)
  if (!opened.ok) return failed(opened.error)
  const { plan, planned: outline, reader } = opened.value
  if (Object.hasOwn(outline.endpoints, endpoint) && outline.endpoints[endpoint]!.blocks.length === 0) {
    const answered = await answerAlone({ outline, reader, client: joined!.client, keys: effect.keys }, endpoint, effect.arguments)
    return answered.ok ? [{ type: 'answered', id, attempt, response: answered.value }] : failed(answered.error)
  }
  if (plan === null) return failed(failForNow('client.sleeping', reader.tick.number === 0 ? NOT_YET : ASLEEP).error)
  const late = await tooLate(session, opened.value, own(outline.endpoints, endpoint))
  if (late !== null) return failed(late)
  const label = labelIn(plan.plan, outline, endpoint)
  if (!label.ok) return failed(label.error)
  const graves = await gravesOf(services, opened.value)
  if (graves === null) return failed(notLooked.error)
  const env = {
    app: joined!.reference.sha256,
    outline,
    label: label.value,
    planned: plan,
    base: opened.value.reference.sha256,
    reader,
    expelled: new Set(graves.held),
    client: joined!.client,
    chain: session.chain(joined!),
    keys: effect.keys,
  }
  const composed = await composeRequest(ctx, env, endpoint, effect.arguments, new Set(effect.exclude))
  if (!composed.ok) return failed(composed.error)
  const exchanged = await exchange(ctx, services.transport, env, composed.value, effect.before ?? null)
  if (!exchanged.ok) {
    // The tick reached this client before it reached that server: the next attempt waits until it may have come round.
    if (exchanged.refused && isBehind(exchanged.failure))
      await new Promise<void>((resolve) => {
        services.clock.after(BEHIND_MS * attempt, resolve)
      })
    const disagreed = exchanged.dispute === undefined ? [] : [keepDispute(services, id, attempt, exchanged.dispute)]
    return [...disagreed, ...failed(exchanged.failure, exchanged.servers)]
  }
  const { reviewed } = exchanged
  const fee = await services.wallet.estimateFee(estimatedVsize(reviewed.writes.length))
  if (fee.ok) session.fees.set(id, fee.value)
  const window = windowOf(opened.value.reference.sha256, opened.value.tick, opened.value.offer.body.tickBlocks)
  return [{ type: 'replied', id, attempt, reviewed, window }]
}

/** What a server says, itself or through the relay, that does not know the tick yet, knew another one before a reorganisation, has not got its code, or is not back after a restart. */
const BEHIND: ReadonlySet<unknown> = new Set([
  'request.tick',
  'request.base',
  'hop.tick',
  'hop.base',
  'hop.version',
  'server.not-serving',
  'server.recipient',
])

const isBehind = ({ code, details }: Failure): boolean => BEHIND.has(code) || BEHIND.has(details?.cause)

/** An update's transaction: the anchor, and per key an input and an output, with one more of each for the fee. */
const estimatedVsize = (writes: number): number => 80 + 101 * (writes + 1)
