/** What the core last said, and whether it is there. One per page. */
import type { LogLine, Overview, RequestView } from '../../main/contract/index.ts'
import type { Failure } from '../../roles/program/result.ts'
import type { Client, Connection } from '../lib/calls.ts'
import { short } from '../lib/format.ts'

const LOG_LINES = 400

export interface Session {
  readonly client: Client
  readonly connection: Connection
  readonly overview: Overview | null
  /** When the overview arrived, on the clock of `performance.now()`: estimates count down from there. */
  readonly receivedAt: number
  /** Newest first. */
  readonly log: readonly LogLine[]
  /** Why the overview could not be had. */
  readonly failure: Failure | null
  nameOf(id: string): string
  reload(): Promise<void>
  start(): () => void
}

const newestFirst = (requests: RequestView[]): RequestView[] => requests.toSorted((a, b) => b.at - a.at)

export function createSession(client: Client): Session {
  let connection = $state<Connection>('connecting')
  let overview = $state.raw<Overview | null>(null)
  let receivedAt = $state(0)
  let log = $state.raw<LogLine[]>([])
  let failure = $state.raw<Failure | null>(null)

  /** Overviews taken so far: an answer that was under way while one came is older than what is shown. */
  let taken = 0

  const take = (fresh: Overview): void => {
    taken++
    overview = { ...fresh, requests: newestFirst(fresh.requests) }
    receivedAt = performance.now()
    failure = null
  }
  /** Lines that were heard while an answer was under way stay on top of it. */
  const withLater = (answered: LogLine[]): LogLine[] => {
    const newest = answered[0]?.at ?? 0
    const isAnswered = ({ at, who, message }: LogLine): boolean =>
      answered.some((line) => line.at === at && line.who === who && line.message === message)
    return [...log.filter((line) => line.at >= newest && !isAnswered(line)), ...answered].slice(0, LOG_LINES)
  }
  const reload = async (): Promise<void> => {
    const before = taken
    const [seen, lines] = await Promise.all([client.call('overview', {}), client.call('log', { limit: 200 })])
    if (taken !== before) failure = null
    else if (seen.ok) take(seen.value)
    else failure = seen.error
    if (lines.ok) log = withLater(lines.value.toReversed())
  }
  return {
    client,
    reload,
    get connection() {
      return connection
    },
    get overview() {
      return overview
    },
    get receivedAt() {
      return receivedAt
    },
    get log() {
      return log
    },
    get failure() {
      return failure
    },
    nameOf: (id) =>
      overview?.participants.find((one) => one.id === id)?.name ??
      overview?.actors.find((one) => one.id === id || one.key === id)?.name ??
      short(id),
    start: () =>
      client.subscribe({
        connection(state) {
          connection = state
          if (state === 'live') void reload()
        },
        event(name, payload) {
          if (name === 'overview') take(payload as Overview)
          else log = [payload as LogLine, ...log].slice(0, LOG_LINES)
        },
      }),
  }
}
