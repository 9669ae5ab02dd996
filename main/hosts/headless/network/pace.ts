/**
 * The pace of the local network's blocks. Real blocks take ten minutes, so everybody keeps up; blocks of a second on a busy machine would
 * leave participants behind, and windows of ticks would close on them. So a block waits until all have seen the last, as long as anybody moves. What stands
 * still anyway, and nobody moves but a block or a person, is not waited for.
 */
import type { Beat, Pulse } from '../../../contract/index.ts'
import { createMovement } from './movement.ts'
import type { ParticipantProcess } from './process.ts'

export interface Pace {
  watch(participant: ParticipantProcess): void
  /** A block is about to be made: the newest tick of each app is anchored in it, so clients are to have that tick before the block after. */
  beforeBlock(): void
  /** Blocks gave way to another branch: the newest ticks may have been in one of them, and then are anchored again by a block to come. */
  replaced(): void
  /**
   * Who of the running participants has not seen block `height`, or has an engagement that is behind: a Supervisor that has not published its due tick, the
   * first too, or a client that has not the tick of that block.
   */
  behind(height: number): string[]
  /** Grows with everything that a participant did; see movement.ts. */
  moved(): number
}

/** Phases in which a Supervisor publishes ticks. */
const PUBLISHING = ['gathering', 'ticking', 'sleeping']
const publishes = ({ role, state, tick }: Beat): boolean =>
  role === 'supervisor' && PUBLISHING.includes(state) && tick !== null && !tick.stopped && tick.state !== 'waiting for servers'

export function createPace(): Pace {
  const pulses = new Map<ParticipantProcess, Pulse | null>()
  const movement = createMovement()
  /** By app, the tick that the last block was to anchor. */
  let anchored = new Map<string, number>()

  const keepsUp = (beat: Beat): boolean => {
    if (beat.role === 'supervisor') return !publishes(beat) || beat.tick!.blocksLeft > 0
    if (beat.role !== 'client' || beat.tick === null || beat.tick.stopped) return true
    return beat.tick.number >= (anchored.get(beat.app ?? '') ?? -1)
  }
  const hasSeen = (pulse: Pulse | null, height: number): boolean => {
    if (pulse === null) return false
    // One whose wallet its owner has locked takes nothing in until it is opened again.
    if (pulse.wallet !== 'open') return true
    return pulse.height >= height && pulse.engagements.every(keepsUp)
  }
  return {
    watch(participant) {
      pulses.set(participant, null)
      participant.subscribe(['pulse', 'log'], (event, payload) => {
        movement.note(participant.name, event, payload)
        if (event === 'pulse') pulses.set(participant, payload as Pulse)
      })
    },
    beforeBlock() {
      const all = [...pulses.values()].flatMap((pulse) => pulse?.engagements ?? [])
      anchored = new Map(
        all.flatMap((beat) =>
          publishes(beat) && beat.app !== null && beat.tick!.state !== 'beginning' ? [[beat.app, beat.tick!.number]] : [],
        ),
      )
    },
    replaced() {
      anchored = new Map()
    },
    behind(height) {
      for (const participant of pulses.keys()) if (!participant.running) pulses.delete(participant)
      return [...pulses].flatMap(([{ name }, pulse]) => (hasSeen(pulse, height) ? [] : [name]))
    },
    moved: movement.count,
  }
}
