/** A full mempool: what pays least leaves with all that spends from it, and its rate is the least that is taken until it has decayed. */
import type { Entries, MempoolEntry } from './entries.ts'
import type { Policy } from './params.ts'

const halfLifeSeconds = 43_200

const sizeOf = (entries: MempoolEntry[]) => entries.reduce((sum, { vsize }) => sum + vsize, 0)
const rateOf = (entries: MempoolEntry[]) => Number(entries.reduce((sum, { fee }) => sum + fee, 0n)) / sizeOf(entries)

/** As Bitcoin Core's TrimToSize and GetMinFee. @param now milliseconds */
export function createFloor(entries: Entries, policy: Policy, now: () => number) {
  let rate = 0
  let since = 0
  let decays = false
  const family = (id: string) => [...entries.descendants([id])].flatMap((one) => entries.get(one) ?? [])
  /** What a transaction brings a miner: by itself or with all that spends from it, whichever is more. */
  const scoreOf = (entry: MempoolEntry) => Math.max(rateOf([entry]), rateOf(family(entry.txid)))

  const trim = () => {
    while (entries.size() > policy.maxMempool) {
      const worst = entries.list().toSorted((a, b) => scoreOf(a) - scoreOf(b))[0]
      if (worst === undefined) return
      const gone = family(worst.txid)
      rate = Math.max(rate, rateOf(gone) + policy.incrementalRate)
      decays = false
      entries.remove(gone.map(({ txid }) => txid))
    }
  }
  const read = (): number => {
    if (!decays || rate === 0) return rate
    const held = entries.size()
    const speed = held < policy.maxMempool / 4 ? 4 : held < policy.maxMempool / 2 ? 2 : 1
    const seconds = (now() - since) / 1000
    if (seconds > 10) {
      rate /= 2 ** ((seconds * speed) / halfLifeSeconds)
      since = now()
      if (rate < policy.incrementalRate / 2) rate = 0
    }
    return rate === 0 ? 0 : Math.max(rate, policy.incrementalRate)
  }
  /** It decays only once a block has come. */
  const onBlock = () => {
    if (!decays) since = now()
    decays = true
  }
  return { trim, read, onBlock }
}
