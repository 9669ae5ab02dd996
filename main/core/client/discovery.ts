/** Being part of an app: its role, and the offers that supersede the one that was joined. */
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import type { AnchoredTransaction, WorldEvent } from '../../../roles/protocol/events.ts'
import { fail } from '../../../roles/protocol/result.ts'
import { paysKey, referenceOf, spendsKey } from '../../../roles/protocol/ticks/index.ts'
import { anchoredAt, anchoredBetween, hashAtOf } from '../chain-watch.ts'
import { fetchStanding } from '../revocations.ts'
import { historyFrom } from '../history.ts'
import { meetAt } from '../meeting.ts'
import { clientStep, initialClientState, type ClientEffect, type ClientEvent, type ClientState } from '../../../roles/client/index.ts'
import type { Scope } from '../engine.ts'
import type { FetchLane } from '../ports.ts'
import { tell } from '../services.ts'
import type { OpenedOffer } from './app.ts'
import { CLIENT_ROWS, offerRow, type ClientSession, type Joined, type JoinedRow } from './session.ts'

interface SeenOffer {
  reference: Reference
  height: number
}

export interface DiscoveryActions {
  perform(effect: ClientEffect): Promise<ClientEvent[]>
  /** Called after every change of the client's state, and once it takes part. */
  tend(): void
}

/** An offer that does not concern the app. */
const ofAnother = fail('client.no-offer', 'The offer is not of this app.')

const seenIn = (transaction: AnchoredTransaction): SeenOffer => ({ reference: referenceOf(transaction), height: transaction.height })

/** Takes part in the app, and finds the offers that supersede the one it was joined by. */
export function takePart(session: ClientSession, engine: Scope, row: JoinedRow, actions: DiscoveryActions): void {
  const { services, app } = session
  const { storage } = services
  const membership = createMembership(session, engine, actions, successors)

  /** Only what pays the app's master key can concern it; what spends from there only its Supervisor can anchor. */
  function whose({ reference: { sha256, infohash }, height }: SeenOffer): 'supervisor' | 'somebody' | 'nobody' {
    const isIts = ({ anchor }: AnchoredTransaction): boolean =>
      anchor.type === 'offer' && anchor.sha256 === sha256 && anchor.infohash === infohash
    const anchors = anchoredAt(storage, height).filter(isIts)
    if (anchors.some((transaction) => spendsKey(transaction, row.master))) return 'supervisor'
    return anchors.some((transaction) => paysKey(transaction, row.master)) ? 'somebody' : 'nobody'
  }

  /** Offers of the app which were seen before it was joined: what strangers announced may have held them up, or the end of this process. */
  function successors({ height, master }: JoinedRow): void {
    for (const transaction of anchoredBetween(storage, height, Number.MAX_SAFE_INTEGER))
      if (transaction.anchor.type === 'offer' && spendsKey(transaction, master))
        tell(services, 'take an offer in', () => found(seenIn(transaction)))
  }

  /** What strangers announce is looked at a few at a time and ever more seldom; what the app's Supervisor does, at once. */
  async function found(seen: SeenOffer): Promise<void> {
    const { reference } = seen
    if (whose(seen) === 'nobody') return
    const fetch = (lane: FetchLane) =>
      fetchStanding(
        services,
        reference,
        () => (whose(seen) === 'nobody' ? Promise.resolve(ofAnother) : app.offer(reference, lane)),
        ({ document }) => document,
      )
    const what = 'fetch a job offer'
    const fetched = await (whose(seen) === 'supervisor' ? services.patiently(what, fetch('known')) : services.seldom(what, fetch('new')))
    if (fetched === ofAnother) return
    if (!fetched.ok) {
      services.log.log('warn', `The offer ${reference.sha256} is left out: ${fetched.error.message}`)
      // What a copy of the anchor leads to says nothing about the offer.
      if (whose(seen) !== 'supervisor') return
      return session.joined?.member.dispatch({ type: 'offer.refused', offer: reference.sha256, why: fetched.error.message })
    }
    storage.transact([offerRow(reference)])
    const { app: superseded, master, by } = fetched.value.document.body
    if (superseded === row.reference.sha256 && master === row.master) await entered.member.dispatch({ type: 'signer', key: by })
  }

  engine.add<null, WorldEvent, SeenOffer & { type: 'found' }>({
    name: 'discovery',
    initial: null,
    step: discoveryStep,
    perform: (effect) => found(effect).then(() => []),
  })
  storage.transact([offerRow(row.reference)])
  const entered = membership.enter(row)
  void services.persist('load the app', () => app.offer(row.reference)).then((offer) => membership.join(row, offer, entered))
}

function discoveryStep(state: null, event: WorldEvent): { state: null; effects: Array<SeenOffer & { type: 'found' }> } {
  const anchored = event.type === 'block' ? event.anchored.filter(({ anchor }) => anchor.type === 'offer') : []
  return { state, effects: anchored.map((transaction) => ({ type: 'found', ...seenIn(transaction) })) }
}

function createMembership(session: ClientSession, engine: Scope, actions: DiscoveryActions, successors: (row: JoinedRow) => void) {
  const { crypto, storage, wallet } = session.services
  const hashAt = hashAtOf(storage)
  let arrive = (): void => undefined
  const here = new Promise<void>((resolve) => {
    arrive = resolve
  })

  /** The role takes part from its first moment on, or a block that comes while its offer is loaded would be lost to it. */
  function enter({ reference, master, by }: JoinedRow): Pick<Joined, 'client' | 'member'> {
    const client = wallet.watchKey({ purpose: 'client', app: master, index: 0 }, 'identity')
    const member = engine.add<ClientState, ClientEvent, ClientEffect>({
      name: 'client',
      initial: initialClientState(reference.sha256, master, [by], client.publicKey),
      step: (state, event) => clientStep({ crypto, hashAt }, state, event),
      changed() {
        session.changed()
        actions.tend()
      },
      perform: (effect) => here.then(() => actions.perform(effect)),
    })
    return { client, member }
  }

  /** Blocks since the offer are told to a role that is new; once all of them are taken this is noted, and repeating it harms nothing. */
  async function replay(joined: Joined): Promise<void> {
    if (storage.get(CLIENT_ROWS, 'replayed') === undefined) {
      await joined.member.dispatch(() => ({ type: 'history', blocks: historyFrom(storage, 0) }))
      storage.transact([{ table: CLIENT_ROWS, key: 'replayed', value: true }])
    }
    actions.tend()
  }

  return {
    enter,
    join(row: JoinedRow, offer: OpenedOffer, entered: ReturnType<typeof enter>): void {
      if (session.joined !== null) return
      meetAt(session.services, row.reference.sha256, offer.document.body)
      session.joined = { reference: row.reference, height: row.height, offer, ...entered }
      arrive()
      const { joined } = session
      tell(session.services, 'tell the past of an app', () => replay(joined))
      successors(row)
    },
  }
}
