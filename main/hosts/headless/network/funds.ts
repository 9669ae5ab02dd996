/** Coins of the local network: for everybody whose wallet has not been given any, also for who comes later or comes back with another wallet. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RpcChain } from '../../../adapters/chain/index.ts'
import { must } from '../../../core/index.ts'
import type { LogPort } from '../../../core/ports.ts'
import { writeNote, type NetworkNote } from './note.ts'
import type { ParticipantProcess } from './process.ts'

const COINBASE_MATURITY = 100
const COINS_EACH = 2

const storeOf = (folder: string, name: string): string => join(folder, name, 'state', 'store.sqlite')
const markOf = (folder: string, name: string): string => join(folder, name, 'unfunded')

/** Says in a participant's folder that its wallet is to be given coins at the next start. */
export const markUnfunded = (folder: string): void => writeFileSync(join(folder, 'unfunded'), '', { mode: 0o600 })

export interface Funds {
  /** Called before a participant starts: forgets that somebody was given coins whose wallet is gone or another one. */
  look(names: Iterable<string>): void
  /** At the very first start time is made to pass until coins may be spent. Those that have been given some get none. */
  give(participants: ParticipantProcess[]): Promise<void>
}

/** @param mine makes blocks that pay nobody; @param note kept up to date on disk */
export function createFunds(options: {
  folder: string
  note: NetworkNote
  chain: RpcChain
  log: LogPort
  mine(blocks: number): Promise<void>
}): Funds {
  const { folder, note, chain } = options
  let turn: Promise<void> = Promise.resolve()

  async function give(participants: ParticipantProcess[]): Promise<void> {
    const poor = participants.filter(({ name, running }) => running && !note.funded.includes(name))
    if (poor.length === 0) return
    const young = must(await chain.tip()).height < COINBASE_MATURITY
    for (const participant of poor) {
      const { address } = must(await participant.call('wallet.receive', {}))
      must(await chain.control.mineTo(COINS_EACH, address))
      note.funded.push(participant.name)
      writeNote(folder, note)
      rmSync(markOf(folder, participant.name), { force: true })
    }
    // Later on a jump by so many blocks would rush the app through its ticks, so a newcomer's coins ripen with the regular blocks.
    if (young) await options.mine(COINBASE_MATURITY)
  }

  return {
    look(names) {
      for (const name of names)
        if (!existsSync(storeOf(folder, name)) || existsSync(markOf(folder, name))) note.funded = note.funded.filter((one) => one !== name)
    },
    give(participants) {
      const done = turn.then(() => give(participants))
      turn = done.catch((error: unknown) => options.log.log('error', `Coins could not be given: ${String(error)}`))
      return done
    },
  }
}
