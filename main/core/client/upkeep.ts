/** Keeps the newest tick open, the client registered under the terms in force, and keys of every collection in reserve. */
import { stopOf } from '../../../roles/protocol/ticks/index.ts'
import { isRegistered, mayRegister, type ClientState } from '../../../roles/client/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { hashAtOf } from '../chain-watch.ts'
import { refusable } from '../disk.ts'
import { collectionsShort, mayReserve, reserveKeys } from './reserve.ts'
import { meetAt } from '../meeting.ts'
import type { ClientSession, Joined } from './session.ts'

/** Requests whose update rests on a tick that the chain does not have any more, and in whose place none was composed yet. */
const undone = ({ requests }: ClientState): string[] =>
  requests.flatMap(({ id, again, publication }) => (again === null && publication?.verdict?.outcome === 'update.base' ? [id] : []))

/** How often what comes without an event is looked for: coins of an empty wallet, blocks that the node has and this client has not. */
const AGAIN_MS = 500

/**
 * @param again composes a request anew
 * @returns what to call after every change: it takes the next step towards being ready, one at a time
 */
export function createUpkeep(session: ClientSession, again: (id: string) => Promise<Result<unknown>>): () => void {
  const { services } = session
  /** Composed anew since this process began: what cannot be is tried once, and then waits for the person. */
  const composed = new Set<string>()
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
        meetAt(services, opened.value.offer.sha256, opened.value.offer.body)
        services.changed()
      }
      if (opened.ok) void session.local.catchUp({ ...opened.value, program: opened.value.outline })
      if (opened.ok) for (const id of undone(joined.member.state())) void composeAnew(id)
      await prepare(joined, opened.ok || opened.error.code === 'client.no-tick')
    } finally {
      busy = false
      if (missed) start()
    }
  }

  /** @param isCurrent the newest tick is open, or there is none yet */
  async function prepare(joined: Joined, isCurrent: boolean): Promise<void> {
    const state = joined.member.state()
    if (!session.settings.register || session.overdue(joined) !== null) return
    if (services.wallet.balance().confirmed === 0) return later()
    if (!isRegistered(state)) return isCurrent ? register(joined) : undefined
    if (session.newest === null || !mayReserve(state)) return
    const { outline } = session.newest
    const short = (): string[] => collectionsShort(joined.member.state(), outline, session.settings)
    if (short().length > 0) await reserveKeys(session, joined, (now) => (mayReserve(now) ? short() : []))
  }

  /** A reorganisation took the tick that it rests on: nobody is at fault, and the person approves the same once more. */
  async function composeAnew(id: string): Promise<void> {
    if (composed.has(id)) return
    composed.add(id)
    const sent = await again(id)
    if (!sent.ok) services.log.log('warn', `A write that a reorganisation undid could not be composed anew: ${sent.error.message}`)
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
  const start = (): void =>
    void refusable(() => tend().then(ok)).then((done) => {
      if (!done.ok) later()
    })
  return start
}
