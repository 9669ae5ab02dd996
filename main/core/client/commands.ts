/** What a person asks of a client: read, request, approve, refuse. */
import type { CommandArgs, RowsView } from '../../contract/index.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { fail, failForNow, ok, type Result } from '../../../roles/protocol/result.ts'
import { composeUpdate } from '../../../roles/client/index.ts'
import type { RequestEntry } from '../../../roles/client/index.ts'
import { readIndex } from '../read-index.ts'
import type { Sent } from '../wallet/keeper.ts'
import { noApp, signedText, type ClientSession } from './session.ts'

const APPROVE_WAIT_MS = 20_000
const LOOK_AGAIN_MS = 50

const entryOf = ({ joined }: ClientSession, id: string): RequestEntry | undefined =>
  joined?.member.state().requests.find((entry) => entry.id === id)
const unknownRequest = fail('client.request', 'This request is not known here. Reload the page.')

/** Reads the newest tick. Errors: `client.no-app`, `client.no-tick`, those of `readIndex`. */
export async function read(session: ClientSession, args: CommandArgs<'read'>): Promise<Result<RowsView>> {
  if (session.joined === null) return noApp()
  const opened = await session.newestTick(session.joined)
  return opened.ok ? readIndex(opened.value, args) : opened
}

/** Sends a request; what comes of it is shown by its entry. @returns its id here */
export async function request({ joined, newest, services }: ClientSession, args: CommandArgs<'request'>): Promise<Result<{ id: string }>> {
  if (joined === null || newest === null) return noApp()
  const endpoint = Object.hasOwn(newest.planned.endpoints, args.endpoint) ? newest.planned.endpoints[args.endpoint]! : null
  if (endpoint === null) return fail('client.endpoint', `The app has no endpoint ${args.endpoint}.`)
  const id = toHex(services.random.bytes(32))
  await joined.member.dispatch({
    type: 'request',
    id,
    endpoint: args.endpoint,
    arguments: args.arguments,
    slots: endpoint.slots,
    at: services.clock.now(),
  })
  return ok({ id })
}

/** Signs the reviewed writes, stores them, and waits for their transaction. Safe to repeat. */
export async function approve(session: ClientSession, id: string): Promise<Result<{ txid: string }>> {
  const { joined, services, ctx } = session
  const entry = entryOf(session, id)
  if (joined === null || entry === undefined) return unknownRequest
  if (entry.phase === 'review') {
    const keys = new Map(joined.member.state().keys.map((own) => [own.key, own.index]))
    const update = composeUpdate(ctx, joined.client, (key) => (keys.has(key) ? session.dataKey(keys.get(key)!) : null), entry.reviewed!)
    if (!update.ok) return update
    await joined.member.dispatch({ type: 'approve', id, ...signedText(update.value.document, update.value.spending) })
  }
  const deadline = services.clock.now() + APPROVE_WAIT_MS
  for (;;) {
    const now = entryOf(session, id)
    if (now?.publication?.txid) return ok({ txid: now.publication.txid })
    if (now?.error) return fail(now.error.code, now.error.message)
    if (now?.publication === null || now === undefined)
      return fail('client.phase', `This request is «${now?.phase ?? 'gone'}»; only one that waits for review can be approved.`)
    if (services.clock.now() > deadline)
      return failForNow(
        'client.publishing',
        'The approved writes are stored and being published. Look again in a moment; nothing is published twice.',
      )
    await new Promise<void>((resolve) => {
      services.clock.after(LOOK_AGAIN_MS, resolve)
    })
  }
}

/** Pays more for a request's transaction that waits for a block. Errors: `client.phase`, those of `WalletKeeper.bump`. */
export async function bump(session: ClientSession, id: string, feeRate: number | null): Promise<Result<Sent>> {
  const entry = entryOf(session, id)
  if (session.joined === null || entry === undefined) return unknownRequest
  const txid = entry.publication?.txid ?? null
  if (entry.phase !== 'published' || txid === null)
    return fail('client.phase', `This request is «${entry.phase}»; a fee can be raised only while its transaction waits for a block.`)
  return session.services.wallet.bump(txid, feeRate)
}

/** Drops the reviewed writes. Safe to repeat. */
export async function refuse(session: ClientSession, id: string): Promise<Result<null>> {
  const entry = entryOf(session, id)
  if (session.joined === null || entry === undefined) return unknownRequest
  if (entry.phase !== 'review' && entry.phase !== 'refused')
    return fail('client.phase', `This request is «${entry.phase}»; only one that waits for review can be refused.`)
  await session.joined.member.dispatch({ type: 'refuse', id })
  return ok(null)
}
