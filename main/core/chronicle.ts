/** What goes on, in the log: a line for each engagement that is not as it was, for whoever runs a node and looks at no page. */
import type { Running } from './engagements/index.ts'
import type { LogPort } from './ports.ts'
import { pulseOf } from './pulse.ts'
import type { Wait } from './waiting.ts'

const ROLES: Record<Running['role'], string> = { supervisor: 'supervised', server: 'a job', client: 'used' }

/** @returns to be called when something may have changed, as with each block */
export function createChronicle(log: LogPort, running: () => Running[]): (wait: Wait) => void {
  let known = new Map<string, string>()
  return (wait) => {
    const all = running()
    const beats = pulseOf({ running: all, wait, hindered: false }).engagements
    const now = new Map(beats.map(({ id, state, tick }) => [id, tick === null ? state : `${state}, tick ${tick.number}`]))
    for (const { id, role, service } of all)
      if (now.get(id) !== known.get(id)) log.log('info', `«${service.title()}», ${ROLES[role]}: ${now.get(id)!}.`)
    known = now
  }
}
