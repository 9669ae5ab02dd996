/** Finding the app: job offers on the chain, the one that is joined, and the offers that supersede it. */
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import type { WorldEvent } from '../../../roles/protocol/events.ts'
import { hashAtOf } from '../chain-watch.ts'
import { fetchStanding } from '../revocations.ts'
import { historyFrom } from '../history.ts'
import { clientStep, initialClientState, type ClientEffect, type ClientEvent, type ClientState } from '../../../roles/client/index.ts'
import type { Engine } from '../engine.ts'
import type { Json } from '../ports.ts'
import type { OpenedOffer } from './app.ts'
import { CLIENT_ROWS, offerRow, type ClientSession, type Joined, type JoinedRow } from './session.ts'

interface SeenOffer {
  reference: Reference
  height: number
}
interface Discovery {
  offers: SeenOffer[]
}

export interface DiscoveryActions {
  perform(effect: ClientEffect): Promise<ClientEvent[]>
  /** Called after every change of the client's state, and once it takes part. */
  tend(): void
}

/** Looks for the app, or goes on with the one that was joined before. */
export function discover(session: ClientSession, engine: Engine, actions: DiscoveryActions): void {
  const { services, app, settings } = session
  const { storage } = services
  const membership = createMembership(session, engine, actions)

  async function found({ reference, height }: SeenOffer): Promise<void> {
    const attempt = fetchStanding(
      services,
      () => app.offer(reference),
      ({ document }) => document,
    )
    const fetched = await services.seldom('fetch a job offer', attempt)
    if (!fetched.ok) return services.log.log('warn', `The offer ${reference.sha256} is left out: ${fetched.error.message}`)
    const offer = fetched.value
    storage.transact([offerRow(reference)])
    const { supersedes, app: superseded, master, by } = offer.document.body
    const { joined } = session
    if (joined !== null && superseded === joined.reference.sha256 && master === joined.offer.document.body.master)
      await joined.member.dispatch({ type: 'signer', key: by })
    if (joined !== null || supersedes !== null || (settings.app ?? reference.sha256) !== reference.sha256) return
    const row: JoinedRow = { reference, height, master, by }
    storage.transact([{ table: CLIENT_ROWS, key: 'joined', value: row as unknown as Json }])
    membership.join(row, offer)
  }

  engine.add<Discovery, WorldEvent, SeenOffer & { type: 'found' }>({
    name: 'discovery',
    initial: { offers: [] },
    step: discoveryStep,
    perform: (effect) => found(effect).then(() => []),
  })
  const known = storage.get(CLIENT_ROWS, 'joined') as unknown as JoinedRow | undefined
  if (known === undefined) return
  const entered = membership.enter(known)
  void services.persist('load the app', () => app.offer(known.reference)).then((offer) => membership.join(known, offer, entered))
}

function discoveryStep(state: Discovery, event: WorldEvent): { state: Discovery; effects: Array<SeenOffer & { type: 'found' }> } {
  if (event.type === 'reorg') return { state: { offers: state.offers.filter(({ height }) => height <= event.height) }, effects: [] }
  const found = (event.type === 'block' ? event.anchored : []).filter(({ anchor }) => anchor.type === 'offer')
  if (found.length === 0) return { state, effects: [] }
  const offers = found.map(({ anchor: { sha256, infohash }, height }) => ({ reference: { sha256, infohash }, height }))
  return { state: { offers: [...state.offers, ...offers] }, effects: offers.map((offer) => ({ type: 'found', ...offer })) }
}

function createMembership(session: ClientSession, engine: Engine, actions: DiscoveryActions) {
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
    join(row: JoinedRow, offer: OpenedOffer, entered = enter(row)): void {
      if (session.joined !== null) return
      session.joined = { reference: row.reference, height: row.height, offer, ...entered }
      arrive()
      void replay(session.joined)
    },
  }
}
