/** The client's state as the contract shows it: honest waiting times, what each server saw, which inputs explain a write. */
import type { ActorView, AppView, DeadlineView, EndpointView, FieldView, RequestView, TickView } from '../../contract/index.ts'
import { describe, lanesOf, serversOf, type Endpoint, type Program, type Type } from '../../../roles/program/index.ts'
import type { Offer, Tick } from '../../../roles/protocol/documents/index.ts'
import { canWrite, forgingShare } from '../../../roles/protocol/requests/index.ts'
import {
  approveBefore,
  countedIn,
  isAccepted,
  isRegistered,
  keyCounts,
  missedWindow,
  outcomeText,
  UNCOUNTED,
  type ClientState,
  type Publication,
  type RequestEntry,
} from '../../../roles/client/index.ts'
import { untilNext, USUAL_BLOCK_MS, type Wait } from '../waiting.ts'
import type { Services } from '../services.ts'
import type { Sent } from '../wallet/keeper.ts'
import { own } from '../../../roles/program/index.ts'
import { counted } from '../../../roles/protocol/words.ts'

/** The transaction of a request as far as it is there. */
export type SentView = Partial<Sent> & Pick<RequestView, 'transaction'>

const apps = new WeakMap<Program, { view: AppView; terms: string }>()

const fieldView = (name: string, type: Type): FieldView => ({
  name,
  type: type.kind,
  shape: type,
  ...('max' in type && typeof type.max === 'number' ? { max: type.max } : {}),
  ...(type.kind === 'key' ? { of: type.collection } : {}),
})

/** The caller's rows that an endpoint changes, as fields; a slot that has the name of a field is named by that. */
const ownFields = ({ request, slots }: Endpoint): FieldView[] =>
  slots
    .filter(({ name, state }) => state === 'owned' && !Object.hasOwn(request, name))
    .map(({ name, collection }): FieldView => ({ ...fieldView(name, { kind: 'key', collection }), own: true }))

type Terms = Pick<Offer, 'title' | 'witnesses' | 'spare' | 'versions'>

/** What witnesses are worth in an endpoint that can write. */
function forgingOf(endpoint: Endpoint, offer: Terms, outline: Program, servers: number): Pick<EndpointView, 'forging'> {
  if (!canWrite(endpoint) || servers === 0) return {}
  const all = Object.values(outline.endpoints).reduce((sum, { blocks }) => sum + blocks.length, 0)
  const share = forgingShare(offer, servers, all, endpoint.blocks.length)
  return { forging: { many: 1 + offer.witnesses, of: servers, share } }
}

/**
 * The API document as a person reads it, under the offer in force; made once per program, terms and number of servers.
 * @param servers that the newest tick lists; 0 before any
 */
export function appView(id: string, offer: Terms, outline: Program, servers: number): AppView {
  const { title, witnesses, spare, versions } = offer
  const terms = [id, title, witnesses, spare, versions, servers].join()
  const known = apps.get(outline)
  if (known?.terms === terms) return known.view
  const api = describe(outline)
  const view: AppView = {
    id,
    title,
    doc: outline.doc,
    endpoints: Object.entries(api.endpoints).map(([name, endpoint]) => ({
      name,
      doc: endpoint.doc,
      servers: serversOf(outline.endpoints[name]!, witnesses),
      lanes: lanesOf(outline.endpoints[name]!, witnesses),
      fields: [...Object.entries(endpoint.request).map(([field, type]) => fieldView(field, type)), ...ownFields(outline.endpoints[name]!)],
      observations: endpoint.blocks.map((block) => ({ name: block.name, sees: seenBy(endpoint.blocks, block.opens) })),
      ...forgingOf(outline.endpoints[name]!, offer, outline, servers),
    })),
    collections: Object.entries(outline.collections).map(([name, { doc, fields, indices }]) => ({
      name,
      doc,
      fields: Object.keys(fields),
      indices: Object.entries(indices).map(([index, { kind, on }]) => ({ name: index, kind, on })),
      references: Object.fromEntries(
        Object.entries(fields).flatMap(([field, type]) => (type.kind === 'key' ? [[field, type.collection]] : [])),
      ),
    })),
  }
  apps.set(outline, { view, terms })
  return view
}

export function tickViewOf(offer: Offer, tick: Tick, wait: Wait, problems: string[] = []): TickView {
  const { number, state, root, servers, blocks } = tick
  const genesis = blocks.to - number * offer.tickBlocks
  return {
    number,
    state,
    root,
    blocksPerTick: offer.tickBlocks,
    servers: servers.length,
    minimumServers: offer.minimumServers,
    ...(problems.length === 0 ? {} : { problems }),
    ...untilNext(genesis, offer.tickBlocks, offer.confirmations, number, wait),
  }
}

/** A client is ready once it is registered and its first keys are counted, also while all of them are in use. */
export function actorView(state: ClientState, outline: Program, key: string, services: Services, hasTick: boolean): ActorView {
  const counts = Object.keys(outline.collections).map((name) => [name, keyCounts(state, name)] as const)
  const of = (what: 'free' | 'coming'): Record<string, number> => Object.fromEntries(counts.map(([name, one]) => [name, one[what]]))
  const hasKeys = counts.some(([, { free, busy, written }]) => free + busy + written > 0)
  const { confirmed, unconfirmed } = services.wallet.balance()
  return {
    id: key,
    key,
    name: services.name,
    state: hasTick && isRegistered(state) && hasKeys ? 'ready' : 'registering',
    balance: confirmed + unconfirmed,
    freeKeys: of('free'),
    comingKeys: of('coming'),
  }
}

export function requestView(
  entry: RequestEntry,
  actor: string,
  outline: Program,
  tick: Tick | null,
  offer: Offer,
  wait: Wait,
  sent: SentView,
  hindrance: string | null,
): RequestView {
  const { publication, reviewed } = entry
  return {
    id: entry.id,
    actor,
    endpoint: entry.endpoint,
    arguments: entry.arguments,
    state: entry.phase,
    at: entry.at,
    ...responseOf(entry, wait),
    writes: reviewed?.writes ?? [],
    servers: reviewed === null ? [] : seatsOf(entry, outline),
    ...sent,
    ...(publication === null ? {} : { document: publication.sha256 }),
    ...(publication?.verdict ? { tick: publication.verdict.number } : {}),
    ...(entry.error === null ? {} : { error: told(entry.error, publication, outline) }),
    ...(entry.again === null ? {} : { again: entry.again }),
    ...disputeView(entry, outline),
    ...deadlineOf(entry, wait),
    ...waitingText(entry, tick, offer, wait, placeOf(entry, sent, hindrance)),
  }
}

/** How far evidence has come that may be published. */
function fateOf(publication: Publication | null): NonNullable<RequestView['dispute']>['state'] {
  if (publication === null) return 'kept'
  if (publication.verdict !== null) return isAccepted(publication) ? 'accepted' : 'refused'
  return publication.height === null ? 'signed' : 'anchored'
}

function disputeView({ dispute, endpoint }: RequestEntry, outline: Program): Pick<RequestView, 'dispute'> {
  if (dispute === undefined) return {}
  const { position, servers, opens, publication } = dispute
  const blocks = own(describe(outline).endpoints, endpoint)?.blocks ?? []
  const named = Object.entries(opens).map(([id, value]) => ({ name: seenBy(blocks, [id])[0]!, value }))
  const state = fateOf(publication)
  return {
    dispute: {
      block: blocks[position]?.name ?? `block ${position}`,
      servers,
      opens: named,
      state,
      ...(state === 'refused' ? { message: outcomeText(publication!.verdict!, outline) } : {}),
      ...(publication === null ? {} : { document: publication.sha256 }),
      ...(publication?.txid ? { txid: publication.txid } : {}),
      ...(publication?.verdict ? { tick: publication.verdict.number } : {}),
    },
  }
}

/** A refusal for a rule is told with what the rule says, which stands in the outline. */
const told = (
  error: NonNullable<RequestEntry['error']>,
  publication: Publication | null,
  outline: Program,
): NonNullable<RequestEntry['error']> =>
  publication?.verdict?.rule === undefined ? error : { ...error, message: outcomeText(publication.verdict, outline) }

/** With writes it is true once they count: of those that do not there is none, which could be taken for done. */
function responseOf(entry: RequestEntry, { height }: Wait): { response?: unknown } {
  if (UNCOUNTED.has(entry.phase) || missedWindow(entry, height)) return {}
  const { reviewed, response } = entry
  if (reviewed !== null) return { response: reviewed.opened.response }
  return response === undefined ? {} : { response }
}

/** What a block opens, for people: an earlier block's outputs go by that block's name, as `block.moderation`. */
function seenBy(blocks: Array<{ name: string }>, opens: string[]): string[] {
  const named = opens.map((source) =>
    source.replace(/^block\.(\d+)\..*$/, (whole, at: string) =>
      blocks[Number(at)] === undefined ? whole : `block.${blocks[Number(at)]!.name}`,
    ),
  )
  return [...new Set(named)]
}

function seatsOf({ reviewed, endpoint }: RequestEntry, outline: Program): RequestView['servers'] {
  const { top, lanes } = reviewed!.pending
  const blocks = own(describe(outline).endpoints, endpoint)?.blocks ?? []
  return [
    { role: 'top-level server', id: top, sees: [] },
    ...lanes[0]!.flatMap((_, at) =>
      lanes.map((hops) => ({
        role: blocks[at]?.name ?? `block ${at}`,
        id: hops[at]!.server,
        sees: seenBy(blocks, blocks[at]?.opens ?? []),
      })),
    ),
  ]
}

function deadlineOf({ phase, window }: RequestEntry, { height, blockMs }: Wait): { deadline?: DeadlineView } {
  if (window === null || (phase !== 'review' && phase !== 'signed')) return {}
  const before = approveBefore(window)
  const blocksLeft = Math.max(0, (phase === 'review' ? before : window.until) - height)
  const estimatedMs = Math.round(blocksLeft * (blockMs ?? USUAL_BLOCK_MS))
  return { deadline: { until: window.until, approveBefore: before, margin: window.margin, blocksLeft, estimatedMs } }
}

/** How far the transaction of a request has come. */
function placeOf(entry: RequestEntry, { transaction }: SentView, hindrance: string | null): string {
  if (entry.phase !== 'signed') return 'in a block'
  if (!entry.publication?.txid) return hindrance === null ? 'stored, being published' : `stored, not published yet: ${hindrance}`
  if (transaction === undefined || transaction.state === 'mempool') return 'in the mempool'
  return transaction.reason === undefined ? transaction.known : `${transaction.known} (${transaction.reason})`
}

/** An update is decided by the document that its block says; before a block has it, by the one that the next block would say. */
function waitingText(entry: RequestEntry, tick: Tick | null, offer: Offer, wait: Wait, place: string): { waiting?: string } {
  const { window, publication } = entry
  if (window === null || tick === null || (entry.phase !== 'signed' && entry.phase !== 'anchored')) return {}
  if (missedWindow(entry, wait.height))
    return { waiting: `no block has it, and it had to be in one by ${window.until}: it cannot count any more` }
  const genesis = tick.blocks.to - tick.number * offer.tickBlocks
  const decided = countedIn(window, publication?.height ?? wait.height + 1)
  const { blocksLeft, estimatedMs } = untilNext(genesis, offer.tickBlocks, offer.confirmations, decided - 1, wait)
  return { waiting: `${place}; counted in tick ${decided}, in about ${counted(blocksLeft, 'block')} (${duration(estimatedMs)})` }
}

const duration = (ms: number): string =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : ms < 5_400_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`
