/** What the core last said, and whether it is there. One per page. */
import { followOverview, type Following } from '../../main/contract/following.ts'
import type { Change, LogLine, Overview, RequestView } from '../../main/contract/index.ts'
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
  /** When the newest block or tick was told, on the clock of `performance.now()`: estimates count down from there. */
  readonly receivedAt: number
  readonly log: Lines
  /** Why the overview could not be had. */
  readonly failure: Failure | null
  nameOf(id: string): string
  reload(): Promise<void>
  start(): () => void
}

const newestFirst = (requests: RequestView[]): RequestView[] => requests.toSorted((a, b) => b.at - a.at)

/** Whether what estimates follow from is what it was. */
const sameTimes = (fresh: Overview, before: Overview | null): boolean =>
  fresh.chain === before?.chain && fresh.apps.every(({ tick }, at) => tick === before.apps[at]?.tick)

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

  let following: Following | undefined

  const take = (fresh: Overview): void => {
    looking.keep()
    if (!sameTimes(fresh, overview)) receivedAt = performance.now()
    overview = { ...fresh, requests: newestFirst(fresh.requests) }
    failure = null
  }
  /** What another node says is not shown as this one's. */
  const follow = (of: Client): Following => {
    following?.forget()
    connection = 'connecting'
    overview = failure = null
    log.forget()
    looking.forget()
    return (following = followOverview({ ask: () => of.call('overview', {}), show: take, failed: (error) => (failure = error) }))
  }
  const reload = async (): Promise<void> => {
    const asked = nodes.chosen
    const [lines] = await Promise.all([client.call('log', { limit: 200 }), following?.look()])
    if (asked === nodes.chosen && lines.ok) log.answered(lines.value)
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
      const followed = follow(client)
      return client.subscribe({
        connection(state) {
          connection = state
          if (state === 'live') void reload()
          void nodes.look()
        },
        event(name, payload) {
          if (name === 'log') log.hear(payload as LogLine)
          else followed.hear(payload as Change)
        },
      })
    },
  }
}
