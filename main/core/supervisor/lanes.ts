/** How many witnesses and spare servers an offer asks for where its author does not say. */
import type { Program } from '../../../roles/program/index.ts'
import { defaultLanes, serversNeeded, widestEndpoint } from '../../../roles/protocol/requests/index.ts'

export interface Lanes {
  witnesses: number
  spare: number
}

/** From the best to none at all. */
const STEPS: Lanes[] = [
  { witnesses: 2, spare: 2 },
  { witnesses: 1, spare: 1 },
  { witnesses: 1, spare: 0 },
  { witnesses: 0, spare: 0 },
]

/**
 * Terms for a network of so many servers, all of which are to take part: the most witnesses with which every endpoint of the program finds its servers,
 * and the least number of servers that it runs with then. One that fits in no way gets terms which are refused when they are published.
 */
export function lanesWithin(program: Pick<Program, 'endpoints'>, servers: number): Lanes & { minimumServers: number } {
  const blocks = widestEndpoint(program)?.blocks ?? 0
  const most = defaultLanes(servers).witnesses
  const fitting = STEPS.find((lanes) => lanes.witnesses <= most && serversNeeded(lanes, blocks) <= servers) ?? STEPS.at(-1)!
  return { ...fitting, minimumServers: Math.max(Math.min(3, servers), Math.min(servers, serversNeeded(fitting, blocks))) }
}
