/** What the core last said, and whether it is there. One per page. */
import type { LogLine, Overview, RequestView } from '../../main/contract/index.ts'
import type { Failure } from '../../roles/program/result.ts'
import type { Client, Connection, Nodes } from '../lib/calls.ts'
import { short } from '../lib/format.ts'
import { createLines, type Lines } from './lines.svelte.ts'
import { createLooking, type Looking } from './looking.svelte.ts'
import { createNodeChooser, type NodeChooser, type Place } from './node-chooser.svelte.ts'

export interface Session {
  /** Of the node that is looked at. */
  readonly client: Client
  readonly nodes: NodeChooser
  readonly connection: Connection
  readonly overview: Overview | null
  /** Which of the apps that are used here is looked at. */
  readonly looking: Looking
  /** When the overview arrived, on the clock of `performance.now()`: estimates count down from there. */
  readonly receivedAt: number
  readonly log: Lines
  /** Why the overview could not be had. */
  readonly failure: Failure | null
  nameOf(id: string): string
  reload(): Promise<void>
  start(): () => void
}

const newestFirst = (requests: RequestView[]): RequestView[] => requests.toSorted((a, b) => b.at - a.at)

function nameIn({ engagements, apps }: Pick<Overview, 'engagements' | 'apps'>, id: string): string {
  return (
    engagements.find((one) => one.id === id || one.key === id)?.name ??
    apps.find(({ actor }) => actor.id === id || actor.key === id)?.actor.name ??
    short(id)
  )
}

export function createSession(all: Nodes, place: Place): Session {
  let connection = $state<Connection>('connecting')
  let overview = $state.raw<Overview | null>(null)
  let receivedAt = $state(0)
  let failure = $state.raw<Failure | null>(null)

  const nodes = createNodeChooser(all, place)
  const client = $derived(all.client(nodes.chosen))
  const log = createLines()
  const looking = createLooking(() => overview)

  /** Overviews taken so far: an answer that was under way while one came is older than what is shown. */
  let taken = 0

  const take = (fresh: Overview): void => {
    taken++
    looking.keep()
    overview = { ...fresh, requests: newestFirst(fresh.requests) }
    receivedAt = performance.now()
    failure = null
  }
  const forget = (): void => {
    taken++
    connection = 'connecting'
    overview = failure = null
    log.forget()
    looking.forget()
  }
  const reload = async (): Promise<void> => {
    const [before, asked] = [taken, nodes.chosen]
    const [answer, lines] = await Promise.all([client.call('overview', {}), client.call('log', { limit: 200 })])
    // What another node says is not shown as this one's.
    if (asked !== nodes.chosen) return
    if (taken !== before) failure = null
    else if (answer.ok) take(answer.value)
    else failure = answer.error
    if (lines.ok) log.answered(lines.value)
  }
  return {
    nodes,
    looking,
    log,
    reload,
    get client() {
      return client
    },
    get connection() {
      return connection
    },
    get overview() {
      return overview
    },
    get receivedAt() {
      return receivedAt
    },
    get failure() {
      return failure
    },
    nameOf: (id) => (overview === null ? short(id) : nameIn(overview, id)),
    /** Follows the node that is looked at; to be called anew when another one is. */
    start() {
      forget()
      return client.subscribe({
        connection(state) {
          connection = state
          if (state === 'live') void reload()
          void nodes.look()
        },
        event(name, payload) {
          if (name === 'log') log.hear(payload as LogLine)
          else take(payload as Overview)
        },
      })
    },
  }
}
