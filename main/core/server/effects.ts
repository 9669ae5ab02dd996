/** Performs what the server's step asks for; every effect may be performed again after a crash. */
import { fromHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { composeAcceptance, composeReady, type ServerEffect, type ServerEvent, type ServerState } from '../../../roles/server/index.ts'
import type { Offer, Reference } from '../../../roles/protocol/documents/index.ts'
import { fetchOfferWithOutline } from '../client/app.ts'
import { showsFault } from '../client/audit.ts'
import type { Dispatching } from '../engine.ts'
import { historyFrom } from '../history.ts'
import { fetchBetweenBlocks, fetchOffer, holdBackup } from '../services.ts'
import type { ServerSession } from './session.ts'
import type { ServedTicks } from './ticks.ts'

type Effect<T extends ServerEffect['type']> = Extract<ServerEffect, { type: T }>

function signReady({ ctx, keysFor }: ServerSession, app: string, { offer, from, to }: Effect<'sign-ready'>): ServerEvent {
  const document = composeReady(ctx, keysFor(offer), app, from, to)
  return { type: 'ready-signed', document: new TextDecoder().decode(document.bytes), sha256: document.sha256, ticks: { from, to } }
}

async function publish(
  { services }: ServerSession,
  { id, documentType, document, spendFromKeys, payToKeys, ticks }: Effect<'publish'>,
): Promise<ServerEvent> {
  const own = { documentType, document: utf8(document), files: [], spendFromKeys, payToKeys, ...(ticks === undefined ? {} : { ticks }) }
  const published = await services.persist(`publish the ${documentType}`, () => services.documents.publish(own))
  return { type: 'published', id, ...published }
}

export function createEffects(
  session: ServerSession,
  ticks: ServedTicks,
  role: Dispatching<ServerState, ServerEvent>,
): (effect: ServerEffect) => Promise<ServerEvent[]> {
  const { services, settings, reception, ctx, keysFor } = session

  /** It is reached before it takes part: its port is in its acceptance. What it is to run is here before it pays. */
  async function grind({ challenge, bits, offer, identity }: Effect<'grind'>): Promise<ServerEvent[]> {
    const progress = (work: typeof session.work): void => {
      session.work = work
      services.changed()
    }
    const nonce = await services.persist('find the proof of work', () => services.work.grind(fromHex(challenge), bits, { progress }))
    progress(null)
    if (role.state().job?.identity !== identity) return []
    const program = await programOf(services, role.state(), offer)
    if (!program.ok) return [{ type: 'unusable', offer, failure: program.error }]
    const port = await services.persist('be reached', () => reception.open(identity))
    // Its address is paid by the acceptance, for statements to come.
    services.wallet.watchKey({ purpose: 'server', offer, index: 0 }, 'identity')
    const document = composeAcceptance(ctx, keysFor(offer), offer, { host: settings.address, port, region: settings.region }, nonce)
    return [{ type: 'work.done', offer, document: new TextDecoder().decode(document.bytes), sha256: document.sha256 }]
  }

  /** Others wrote what is fetched here, so it may be broken for good. */
  async function fetchFile(effect: Effect<'fetch-file'>): Promise<ServerEvent[]> {
    const { reference, file } = effect
    const fetched = await services.patiently(`fetch ${file.name}`, () => services.documents.fetchFile(reference.infohash, file))
    if (effect.purpose === 'outline') {
      if (fetched.ok) holdOffer(services, reference, () => ticks.refresh(role.state()))
      else services.log.log('error', `The program of the offer ${reference.sha256} cannot be had: ${fetched.error.message}`)
      return []
    }
    const failure = fetched.ok ? ticks.checkCode(role.state(), effect.tick, reference.sha256, fetched.value) : fetched.error
    return [{ type: 'code', tick: effect.tick, plan: reference.sha256, failure }]
  }

  /** What a resumption shows is looked at until it can be: nobody goes on before. */
  async function prove({ resumption, shows }: Effect<'prove'>): Promise<ServerEvent> {
    const { following } = role.state().job!
    const subject = {
      following,
      offerOf: (sha256: string) => role.state().offers.find(({ reference }) => reference.sha256 === sha256)?.reference ?? null,
      open: (reference: Reference) => fetchOfferWithOutline(services, reference),
    }
    const holds = await services.persist('look at what a resumption shows', () =>
      showsFault(services, subject, resumption.sha256, shows.sha256),
    )
    return { type: 'proof', resumption: resumption.sha256, holds }
  }

  return async (effect) => {
    switch (effect.type) {
      case 'fetch':
        return effect.documentType === 'offer' ? fetchOffer(services, effect) : fetchBetweenBlocks(services, effect)
      case 'grind':
        return grind(effect)
      case 'sign-ready':
        return [signReady(session, role.state().job!.terms.app, effect)]
      case 'publish':
        return [await publish(session, effect)]
      case 'fetch-file':
        return fetchFile(effect)
      case 'look-back':
        // In its turn: no block may come between what is read and what it tells.
        await role.dispatch(() => ({ type: 'history', blocks: historyFrom(services.storage, 0) }))
        return []
      case 'prove':
        return [await prove(effect)]
      case 'burial':
        return [await lookInto(session, ticks, () => role.state(), effect.reference)]
      case 'log':
        return []
    }
  }
}

/** The program of a job offer, however long it takes; final failures of what is broken. */
function programOf(services: ServerSession['services'], { offers }: ServerState, offer: string): Promise<Result<unknown>> {
  const reference = offers.find((seen) => seen.reference.sha256 === offer)?.reference
  if (reference === undefined) return Promise.resolve(ok(null))
  return services.patiently<unknown>('have the program of the job offer', () => fetchOfferWithOutline(services, reference))
}

/** Whether the tombstone that a tick lists for this server itself holds. */
async function lookInto(
  { services }: ServerSession,
  ticks: ServedTicks,
  state: () => ServerState,
  reference: Reference,
): Promise<ServerEvent> {
  const { sha256: tick } = reference
  const graves = await services.patiently('look into a tombstone', () => ticks.graves(state(), reference))
  if (!graves.ok) return { type: 'burial', tick, holds: false, problems: [graves.error.message] }
  return { type: 'burial', tick, holds: graves.value.held.includes(state().job?.identity ?? ''), problems: graves.value.problems }
}

/** The outline is here: ticks can be opened, and what its Supervisor keeps with the offer is held for it. */
function holdOffer(services: ServerSession['services'], reference: Reference, refresh: () => void): void {
  refresh()
  const offer = services.documents.held(reference, 'offer')
  if (offer !== null) holdBackup(services, reference, offer.body as Offer)
}
