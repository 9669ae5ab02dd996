/** A core that says what a test wants, behind the real page server: everything but the network is real. */
import { resolve } from 'node:path'
import type {
  AuditView,
  CommandArgs,
  CommandName,
  CommandResult,
  LogLine,
  Overview,
  RequestView,
  RowsView,
} from '../../../main/contract/index.ts'
import type { SandboxCommandName, SandboxView } from '../../../main/contract/sandbox.ts'
import { buildRenderer } from '../../../main/hosts/launcher/build.ts'
import { rendererIsStale, repository } from '../../../main/hosts/launcher/places.ts'
import { type PageNode, type PageServer, startPageServer } from '../../../main/hosts/headless/page/server.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { createTold } from '../../tools/told.ts'
import { hash, overview, posts } from './sample.ts'

/** The commands that the page uses. */
type Used =
  | 'overview'
  | 'log'
  | 'use.read'
  | 'use.request'
  | 'use.approve'
  | 'use.bump'
  | 'use.refuse'
  | 'use.audit'
  | 'use.again'
  | 'use.reserve'
  | 'use.dispute'
  | 'host.offers'
  | 'host.join'
  | 'host.decline'
export type Handlers = { [N in Used]: (args: CommandArgs<N>) => Result<CommandResult<N>> | Promise<Result<CommandResult<N>>> }

export interface Fake {
  page: PageServer
  /** What answers behind the page: this one, and what a test adds. */
  nodes: PageNode[]
  /** Every command that arrived, in order. */
  calls: Array<{ name: CommandName; args: unknown }>
  /** Replace one to change what the core answers. */
  on: Handlers
  /** What the sandbox says of itself, and what was asked of it. */
  sandbox: { view: SandboxView; asked: Array<[name: SandboxCommandName, args: unknown]> }
  state: Overview
  /** Changes the state and tells the page, as a core does. @param lost the page does not hear of it */
  show(change: Partial<Overview>, lost?: boolean): void
  /** Changes one request. */
  move(id: string, change: Partial<RequestView>): void
  say(line: LogLine): void
  /** Ends the server and starts it again on the same port with the same token. */
  stop(): Promise<void>
  restart(token?: string): Promise<void>
}

const lines: LogLine[] = [
  { at: Date.UTC(2026, 0, 5, 12, 0, 1), level: 'info', who: 'Supervisor', message: 'Tick 40 closed with 3 updates.' },
  { at: Date.UTC(2026, 0, 5, 12, 0, 2), level: 'warn', who: 'Server 5', message: 'did not answer for 20 s; asked another one.' },
  { at: Date.UTC(2026, 0, 5, 12, 0, 3), level: 'info', who: 'Supervisor', message: 'Tick 41 announced.' },
]

const audit: AuditView = {
  ok: true,
  ms: 2140,
  ticks: [38, 39, 40, 41].map((number) => ({ number, expected: hash(`${number}`), computed: hash(`${number}`), equal: true })),
}

function read(args: CommandArgs<'use.read'>): Result<RowsView> {
  const proof = { tick: 41, root: hash('7d3'), proved: true, local: true }
  if (args.collection === 'likes') return ok({ ...proof, rows: [], count: args.equals[0] === posts[0]!.$key ? 3 : 0 })
  const rows = posts.filter((post) => args.equals.length === 0 || post.topic === args.equals[0])
  return ok({ ...proof, rows })
}

export const defaultToken = 'view-tests-view-tests'

export async function startFake(initial: Partial<Overview> = {}): Promise<Fake> {
  if (rendererIsStale()) await buildRenderer()
  const told = createTold(overview(initial))
  const core = {
    call: async (name: CommandName, args: unknown): Promise<Result<unknown>> => {
      fake.calls.push({ name, args })
      const handler = (fake.on as Record<string, ((args: never) => Result<unknown> | Promise<Result<unknown>>) | undefined>)[name]
      return handler === undefined ? fail('fake.command', `The page is not expected to call ${name}.`) : handler(args as never)
    },
    subscribe: told.subscribe,
  }
  const nodes: PageNode[] = [{ id: 'local-network', name: 'Local network', core }]
  const serve = (port: number, token: string): Promise<PageServer> =>
    startPageServer({
      host: '127.0.0.1',
      port,
      token,
      assets: resolve(repository, 'dist/renderer'),
      nodes: () => nodes,
      sandbox: async (name, args) => {
        fake.sandbox.asked.push([name, args])
        if (name === 'sandbox.pace') fake.sandbox.view = { ...fake.sandbox.view, ...(args as { blockMs: number }) }
        return ok(fake.sandbox.view)
      },
    })
  const fake: Fake = {
    page: await serve(0, defaultToken),
    nodes,
    calls: [],
    state: overview(initial),
    sandbox: { view: { state: 'running', blockMs: 2_000, out: [] }, asked: [] },
    on: {
      overview: () => ok(fake.state),
      log: () => ok(lines),
      'use.read': read,
      'use.request': () => ok({ id: hash('ee') }),
      'use.approve': () => ok({ txid: hash('77') }),
      'use.bump': () => ok({ txid: hash('78'), fee: 640 }),
      'use.refuse': () => ok(null),
      'use.audit': () => ok(audit),
      'use.again': () => ok({ id: hash('e7') }),
      'use.reserve': ({ count }) => ok({ reserved: count, free: 0, coming: count }),
      'use.dispute': () => ok({ txid: hash('d1') }),
      'host.offers': () => ok([]),
      'host.join': () => ok({ id: hash('0e') }),
      'host.decline': () => ok(null),
    },
    show(change, lost) {
      told.show({ ...fake.state, ...change }, lost)
      fake.state = told.overview()
    },
    move: (id, change) => fake.show({ requests: fake.state.requests.map((one) => (one.id === hash(id) ? { ...one, ...change } : one)) }),
    say: (line) => told.emit('log', line),
    stop: () => fake.page.close(),
    async restart(token = defaultToken) {
      fake.page = await serve(fake.page.port, token)
    },
  }
  return fake
}
