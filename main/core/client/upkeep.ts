/** Keeps the newest tick open, the client registered, and keys of every collection in reserve. */
import { composeReservation, isRegistered, nextKeyIndex, reservationSpending, type ClientState } from '../../../roles/client/index.ts'
import type { Program } from '../../../roles/program/index.ts'
import { signedText, type ClientSession, type Joined } from './session.ts'

/** Keys in one reservation at most. */
const RESERVED_AT_ONCE = 64
/** How often an empty wallet is looked at. */
const COINS_MS = 500

/** @returns what to call after every change: it takes the next step towards being ready, one at a time */
export function createUpkeep(session: ClientSession): () => void {
  const { services } = session
  let busy = false

  async function tend(): Promise<void> {
    const { joined } = session
    if (joined === null || busy) return
    busy = true
    try {
      const opened = await session.newestTick(joined)
      if (opened.ok && opened.value !== session.newest) {
        session.newest = opened.value
        services.changed()
      }
      if (opened.ok) void session.local.follow({ ...opened.value, program: opened.value.outline })
      await prepare(joined)
    } finally {
      busy = false
    }
  }

  async function prepare(joined: Joined): Promise<void> {
    const state = joined.member.state()
    if (!session.settings.registerAutomatically) return
    if (services.wallet.balance().confirmed === 0) {
      services.clock.after(COINS_MS, start)
      return
    }
    if (state.registration === null) return joined.member.dispatch({ type: 'register', bits: joined.offer.document.body.work.client })
    if (!isRegistered(state) || session.newest === null) return
    const wanted = collectionsShort(state, session.newest.outline, session.settings.freshKeys)
    if (wanted.length === 0 || state.reservations.some(({ verdict }) => verdict === null)) return
    await reserve(joined, session.newest.outline, wanted)
  }

  async function reserve({ client, member }: Joined, outline: Program, collections: string[]): Promise<void> {
    const state = member.state()
    const first = nextKeyIndex(state)
    const keys = collections.map((collection, at) => ({ index: first + at, pair: session.dataKey(first + at), collection }))
    const document = composeReservation(session.ctx, state.app, outline, client, keys)
    if (!document.ok) return services.log.log('error', document.error.message)
    const spending = reservationSpending(
      client.publicKey,
      keys.map(({ pair }) => pair.publicKey),
    )
    await member.dispatch({
      type: 'reserve',
      keys: keys.map(({ index, pair, collection }) => ({ index, key: pair.publicKey, collection })),
      ...signedText(document.value, spending),
    })
  }

  const start = (): void => void tend()
  return start
}

/** The collection of each key that is missing until every collection has `freshKeys` unwritten ones. */
function collectionsShort(state: ClientState, outline: Program, freshKeys: number): string[] {
  const wanted = Object.keys(outline.collections).flatMap((collection) => {
    const held = state.keys.filter((own) => own.collection === collection && !own.written && own.request === null).length
    return Array.from({ length: Math.max(0, freshKeys - held) }, () => collection)
  })
  return wanted.slice(0, RESERVED_AT_ONCE)
}
