/**
 * Runs the sandbox (main/hosts/sandbox/entry.ts) in a utility process, so that neither a slow evaluation nor a crash of it touches the window.
 * Messages are plain values, those of main/hosts/worker/channel.ts; a test holds the two equal.
 */
import type { EventName } from '../../contract/index.ts'
import type { ChildPart, Parts } from './parts.ts'

/** The shape of `Result` in roles/protocol, which this host does not import. */
export type Answer = { ok: true; value: unknown } | { ok: false; error: { code: string; message: string; retryable: boolean } }

export interface CoreProcess {
  /** @param node of the sandbox, by its name; empty: the first one */
  call(name: string, args: unknown, node?: string): Promise<Answer>
  /** Whose events are told from now on, those of no other node. @param nodes by their names; empty: the first one */
  hear(nodes: readonly string[]): void
  /** Asks the core to close its files and end; ends it by force after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

/** Messages to the core. */
export type ToCore =
  | { kind: 'start'; node: string; config: unknown }
  | { kind: 'call'; id: number; node: string; name: string; args: unknown }
  | { kind: 'hear'; node: string; events: readonly EventName[] }
  | { kind: 'stop' }

/** Messages from the core; `failed` carries a sentence for a person. */
export type FromCore =
  | { kind: 'ready'; node: string }
  | { kind: 'failed'; node: string; code: string; message: string }
  | { kind: 'result'; id: number; result: Answer }
  | { kind: 'event'; node: string; event: string; payload: unknown }

export interface CoreOptions {
  module: string
  /** Sent with `start`; the worker checks it. */
  config: unknown
  onEvent(name: string, value: unknown, node: string): void
  /** One line for the tray. */
  onState(status: string): void
}

const gone: Answer = {
  ok: false,
  error: { code: 'core.restarting', message: 'The node stopped and is being restarted; try again in a moment.', retryable: true },
}
const dead: Answer = {
  ok: false,
  error: { code: 'core.stopped', message: 'The node does not stay up; its log says why. Quit Golem and start it again.', retryable: false },
}
/** What a page is told of the node that it looks at. */
const HEARD = ['changed', 'log'] as const satisfies readonly EventName[]
const restartsAllowed = 5
const calmMs = 60_000

const post = (child: ChildPart, message: ToCore): void => child.postMessage(message)

interface State {
  child: ChildPart | undefined
  waiting: Map<number, (answer: Answer) => void>
  next: number
  heard: readonly string[]
  exits: number[]
  stopping: boolean
  ended: Array<() => void>
}

function receive(state: State, options: CoreOptions, message: FromCore): void {
  if (message.kind === 'event') options.onEvent(message.event, message.payload, message.node)
  else if (message.kind === 'ready') options.onState('running')
  else if (message.kind === 'failed') {
    process.stderr.write(`golem: ${message.message}\n`)
    options.onState(`failed: ${message.message.split('\n', 1)[0] ?? ''}`)
  } else if (message.kind === 'result') {
    state.waiting.get(message.id)?.(message.result)
    state.waiting.delete(message.id)
  }
}

function launch(parts: Pick<Parts, 'utilityProcess'>, options: CoreOptions, state: State): void {
  const child = parts.utilityProcess.fork(options.module, [], { serviceName: 'Golem core', stdio: 'inherit' })
  state.child = child
  child.on('message', (message: FromCore) => receive(state, options, message))
  child.on('exit', () => afterExit(parts, options, state))
  post(child, { kind: 'start', node: '', config: options.config })
  for (const node of state.heard) post(child, { kind: 'hear', node, events: HEARD })
}

function hear(state: State, nodes: readonly string[]): void {
  const { child, heard } = state
  state.heard = nodes
  if (child === undefined) return
  for (const node of nodes) if (!heard.includes(node)) post(child, { kind: 'hear', node, events: HEARD })
  for (const node of heard) if (!nodes.includes(node)) post(child, { kind: 'hear', node, events: [] })
}

/** Answers what was waiting, then restarts, waiting longer each time; gives up after five exits within a minute. */
function afterExit(parts: Pick<Parts, 'utilityProcess'>, options: CoreOptions, state: State): void {
  const now = performance.now()
  state.child = undefined
  for (const answer of state.waiting.values()) answer(gone)
  state.waiting.clear()
  for (const end of state.ended.splice(0)) end()
  if (state.stopping) return
  state.exits = [...state.exits.filter((at) => now - at < calmMs), now]
  if (state.exits.length > restartsAllowed) return options.onState('stopped: it does not stay up')
  options.onState('restarting')
  setTimeout(() => state.stopping || launch(parts, options, state), 250 * 2 ** (state.exits.length - 1))
}

function call(state: State, name: string, args: unknown, node: string): Promise<Answer> {
  const { child } = state
  if (child === undefined) return Promise.resolve(state.exits.length > restartsAllowed ? dead : gone)
  return new Promise((resolve) => {
    const id = state.next++
    state.waiting.set(id, resolve)
    post(child, { kind: 'call', id, node, name, args })
  })
}

function stop(state: State, graceMs: number): Promise<void> {
  const { child } = state
  state.stopping = true
  if (child === undefined) return Promise.resolve()
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill(), graceMs)
    state.ended.push(() => {
      clearTimeout(force)
      resolve()
    })
    post(child, { kind: 'stop' })
  })
}

/** Starts the core and keeps it up. */
export function startCore(parts: Pick<Parts, 'utilityProcess'>, options: CoreOptions): CoreProcess {
  const state: State = { child: undefined, waiting: new Map(), next: 1, heard: [], exits: [], stopping: false, ended: [] }
  launch(parts, options, state)
  return {
    call: (name, args, node = '') => call(state, name, args, node),
    hear: (nodes) => hear(state, nodes),
    stop: (graceMs = 10_000) => stop(state, graceMs),
  }
}
