/**
 * The pace of the local network's blocks. Real blocks take ten minutes, so everybody keeps up; blocks of a second on a busy machine would
 * leave participants behind, and windows of ticks would close on them. So a block waits, for a bounded time, until all have seen the last.
 */
import type { Overview } from '../../../contract/index.ts'
import type { ParticipantProcess } from './process.ts'

export interface Pace {
  watch(participant: ParticipantProcess): void
  /** Whether all running participants have seen block `height`, and the Supervisor's due tick is published. */
  keptUp(height: number): boolean
}

export function createPace(): Pace {
  const views = new Map<ParticipantProcess, Overview | null>()
  const hasSeen = (view: Overview | null, height: number): boolean => {
    if (view === null || view.chain.height < height) return false
    const supervisor = view.participants.find(({ role }) => role === 'supervisor')
    return supervisor === undefined || supervisor.state === 'revoked' || view.tick === null || view.tick.state === 'waiting for servers' || view.tick.blocksLeft > 0
  }
  return {
    watch(participant) {
      views.set(participant, null)
      participant.subscribe((event, payload) => {
        if (event === 'overview') views.set(participant, payload as Overview)
      })
    },
    keptUp(height) {
      for (const participant of views.keys()) if (!participant.running) views.delete(participant)
      return [...views.values()].every((view) => hasSeen(view, height))
    },
  }
}
