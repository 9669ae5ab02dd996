/** How far a node has come: little, and cheap to find out. */
import type { Beat, Pulse, TickView } from '../contract/index.ts'
import type { Running } from './engagements/index.ts'
import { supervisorTick } from './overview.ts'
import type { Wait } from './waiting.ts'

const tickOf = ({ number, state, blocksLeft }: TickView, stopped: boolean): Beat['tick'] => ({ number, state, blocksLeft, stopped })

function beatOf(running: Running, { wait, hindered }: PulseSources): Beat {
  const common = { id: running.id, role: running.role, app: running.app() }
  if (running.role === 'server') return { ...common, state: running.service.phase(), tick: null }
  if (running.role === 'client') {
    const tick = running.service.tick(wait)
    return { ...common, state: running.service.phase(), tick: tick && tickOf(tick, tick.stopped !== undefined) }
  }
  const state = running.service.state()
  return { ...common, state: state?.phase ?? 'starting', tick: state && tickOf(supervisorTick(state, wait), hindered) }
}

interface PulseSources {
  /** What is at work here. */
  running: Running[]
  wait: Wait
  /** Whether the wallet pays for nothing, ticks among it, until a block or a person helps. */
  hindered: boolean
}

export const pulseOf = (sources: PulseSources): Omit<Pulse, 'moved'> => ({
  height: sources.wait.height,
  wallet: 'open',
  engagements: sources.running.map((one) => beatOf(one, sources)),
})
