/**
 * The pace of the local network's blocks. Real blocks take ten minutes, so everybody keeps up; blocks of a second on a busy machine would
 * leave participants behind, and windows of ticks would close on them. So a block waits until all have seen the last, as long as anybody moves.
 */
import type { EngagementView, Overview } from '../../../contract/index.ts'
import { seen } from '../../../contract/seen.ts'
import { createMovement } from './movement.ts'
import type { ParticipantProcess } from './process.ts'

export interface Pace {
  watch(participant: ParticipantProcess): void
  /** A block is about to be made: the newest tick is anchored in it, so clients are to have that tick before the block after. */
  beforeBlock(): void
  /** Blocks gave way to another branch: the newest tick may have been in one of them, and then is anchored again by a block to come. */
  replaced(): void
  /** Who of the running participants has not seen block `height`, or, a Supervisor, not published its due tick, the first too, or, a client, not the tick of that block. */
  behind(height: number): string[]
  /** Grows with everything that a participant did; see movement.ts. */
  moved(): number
}

const has = (view: Overview, role: EngagementView['role']): EngagementView | undefined =>
  view.engagements.find((shown) => shown.role === role)

export function createPace(): Pace {
  const views = new Map<ParticipantProcess, Overview | null>()
  const movement = createMovement()
  let anchored = -1

  const hasSeen = (view: Overview | null, height: number): boolean => {
    // One whose wallet its owner has locked takes nothing in until it is opened again.
    if (view !== null && view.node?.wallet !== undefined && view.node.wallet !== 'open') return true
    if (view === null || view.chain.height < height) return false
    const { tick } = seen(view)
    if (tick === null || tick.state === 'waiting for servers') return true
    const supervisor = has(view, 'supervisor')
    if (supervisor !== undefined) return supervisor.state === 'revoked' || tick.blocksLeft > 0
    return has(view, 'client') === undefined || tick.number >= anchored
  }
  return {
    watch(participant) {
      views.set(participant, null)
      participant.subscribe((event, payload) => {
        movement.note(participant.name, event, payload)
        if (event === 'overview') views.set(participant, payload as Overview)
      })
      // Its first view may have been told before anybody listened.
      void participant.call('overview', {}).then((view) => {
        if (view.ok && views.get(participant) === null) views.set(participant, view.value)
      })
    },
    beforeBlock() {
      const supervised = [...views.values()].flatMap((view) => (view === null ? [] : (has(view, 'supervisor')?.tick ?? [])))[0]
      anchored = supervised?.state === 'running' || supervised?.state === 'sleeping' ? supervised.number : -1
    },
    replaced() {
      anchored = -1
    },
    behind(height) {
      for (const participant of views.keys()) if (!participant.running) views.delete(participant)
      return [...views].flatMap(([{ name }, view]) => (hasSeen(view, height) ? [] : [name]))
    },
    moved: movement.count,
  }
}
