/** Keeps the newest tick open, the client registered under the terms in force, and keys of every collection in reserve. */
import { stopOf } from '../../../roles/protocol/ticks/index.ts'
import { isRegistered, mayRegister } from '../../../roles/client/index.ts'
import { hashAtOf } from '../chain-watch.ts'
import { collectionsShort, mayReserve, reserveKeys } from './reserve.ts'
import type { ClientSession, Joined } from './session.ts'

/** How often what comes without an event is looked for: coins of an empty wallet, blocks that the node has and this client has not. */
const AGAIN_MS = 500

/** @returns what to call after every change: it takes the next step towards being ready, one at a time */
export function createUpkeep(session: ClientSession): () => void {
  const { services } = session
  let busy = false
  let missed = false
  let waits = false

  async function tend(): Promise<void> {
    const { joined } = session
    if (joined === null) return
    if (busy) {
      missed = true
      return
    }
    busy = true
    missed = false
    try {
      const opened = await session.newestTick(joined)
      if (opened.ok && opened.value !== session.newest) {
        session.newest = opened.value
        services.changed()
      }
      if (opened.ok) void session.local.catchUp({ ...opened.value, program: opened.value.outline })
      await prepare(joined, opened.ok || opened.error.code === 'client.no-tick')
    } finally {
      busy = false
      if (missed) start()
    }
  }

  /** @param isCurrent the newest tick is open, or there is none yet */
  async function prepare(joined: Joined, isCurrent: boolean): Promise<void> {
    const state = joined.member.state()
    if (!session.settings.registerAutomatically) return
    if (services.wallet.balance().confirmed === 0) return later()
    if (!isRegistered(state)) return isCurrent ? register(joined) : undefined
    if (session.newest === null || !mayReserve(state)) return
    const { outline } = session.newest
    const short = (): string[] => collectionsShort(joined.member.state(), outline, session.settings)
    if (short().length > 0) await reserveKeys(session, joined, (now) => (mayReserve(now) ? short() : []))
  }

  /** Who registers before having followed the chain to its end would do so under terms that may be in force no more. */
  async function register(joined: Joined): Promise<void> {
    const { sha256, body } = session.inForce(joined)
    const { member } = joined
    if (!mayRegister(member.state(), sha256)) return
    if (stopOf(member.state().following)?.kind === 'unfetched') return
    const tip = await services.chain.tip()
    if (!tip.ok || hashAtOf(services.storage)(tip.value.height) !== tip.value.hash) return later()
    await member.dispatch({ type: 'register', offer: sha256, bits: body.work.client })
  }

  const later = (): void => {
    if (waits) return
    waits = true
    services.clock.after(AGAIN_MS, () => {
      waits = false
      start()
    })
  }
  const start = (): void => void tend()
  return start
}
