/**
 * Several computers on one machine: network namespaces (`ip netns`), joined by a bridge that stands in a namespace of its own, so that no firewall rule and no
 * bridge of the machine decides what passes. The test itself is on the bridge too. Linux, as root; `namespacesAvailable` says what is missing elsewhere.
 */
import { fork, spawn, type ChildProcess, type ForkOptions, type SpawnOptions } from 'node:child_process'
import process from 'node:process'
import { endWithin, freeSubnet, ip, ipPath, startOf, sweep } from './namespaces/ip.ts'

export interface Namespace {
  /** As `ip netns exec` takes it. */
  readonly name: string
  /** IPv4 address that all others reach, and so does the test. */
  readonly address: string
  /** Starts a program inside; the child's pid is the program's. Whatever still runs at `close` is ended. */
  spawn(program: string, args?: string[], options?: SpawnOptions): ChildProcess
  /** The same for a module of this Node, with a channel. */
  fork(module: string, args?: string[], options?: ForkOptions): ChildProcess
  /** From now on nothing passes in or out, and nobody is told: as where a cable far away is cut. Its loopback goes on. */
  cut(): void
  mend(): void
}

export interface Namespaces {
  readonly nodes: readonly Namespace[]
  /** The test's own address on the bridge: what listens there is reached by all. */
  readonly host: string
  /** For `-rpcallowip` and the like. */
  readonly subnet: string
  /** Ends what runs inside, and takes everything down; again is harmless. */
  close(): Promise<void>
}

let made = 0

/** Why there can be none here, in a sentence, or undefined. What a killed run left is cleared away by the way. */
export function namespacesMissing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are of Linux'
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  const found = ipPath()
  if ('missing' in found) return `network namespaces need the program ip: ${found.missing}`
  try {
    sweep()
    takeDown(raise(1))
    return undefined
  } catch (error) {
    return `this machine does not let root make network namespaces (${(error as Error).message})`
  }
}

/** The same, said loudly: for `describe.skipIf`. */
export function namespacesAvailable(): boolean {
  const missing = namespacesMissing()
  if (missing !== undefined) console.warn(`\n*** SKIPPED: tests in network namespaces: ${missing} ***\n`)
  return missing === undefined
}

/**
 * @param count of computers, 1 to 200
 * @throws when `namespacesMissing` has a reason
 */
export function createNamespaces(count: number): Namespaces {
  sweep()
  const world = raise(count)
  const children = new Set<ChildProcess>()
  const watched = <Child extends ChildProcess>(child: Child): Child => {
    children.add(child)
    child.once('close', () => children.delete(child))
    return child
  }
  const atExit = (): void => takeDown(world)
  process.once('exit', atExit)
  let closed = false
  return {
    host: world.host,
    subnet: world.subnet,
    nodes: world.nodes.map(({ name, address }, at) => inside(world.hub, name, address, at, watched)),
    async close() {
      if (closed) return
      closed = true
      process.off('exit', atExit)
      const ended = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)))
      takeDown(world)
      await Promise.all(ended)
    },
  }
}

function inside(hub: string, name: string, address: string, at: number, watched: <C extends ChildProcess>(child: C) => C): Namespace {
  const exec = ['netns', 'exec', name]
  return {
    name,
    address,
    spawn: (program, args = [], options = {}) => watched(spawn(ip(), [...exec, program, ...args], options)),
    fork: (module, args = [], options = {}) =>
      watched(fork(module, args, { ...options, execPath: ip(), execArgv: [...exec, process.execPath, ...(options.execArgv ?? [])] })),
    // Not link down: the network interface would tell the programs inside.
    cut: () => ip([`-n ${hub} link set port${at} nomaster`]),
    mend: () => ip([`-n ${hub} link set port${at} master bridge`]),
  }
}

interface World {
  /** Namespace of the bridge. */
  hub: string
  /** The test's own interface. */
  link: string
  host: string
  subnet: string
  nodes: { name: string; address: string }[]
}

/** The first addresses stay free for what a test puts on the bridge itself. */
const FIRST = 11

function raise(count: number): World {
  const [pid, n] = [process.pid, made++]
  const prefix = `golem-${pid}-${startOf(pid)}-${n}`
  const base = freeSubnet(pid * 64 + n)
  const nodes = Array.from({ length: count }, (_, at) => ({ name: `${prefix}-${at}`, address: `${base}.${FIRST + at}` }))
  const world = { hub: `${prefix}-hub`, link: `gm${pid}-${n}`, host: `${base}.1`, subnet: `${base}.0/24`, nodes }
  try {
    build(world)
    return world
  } catch (error) {
    takeDown(world)
    throw error
  }
}

function build({ hub, link, host, nodes }: World): void {
  ip([
    ...[hub, ...nodes.map(({ name }) => name)].map((name) => `netns add ${name}`),
    `link add ${link} type veth peer name test netns ${hub}`,
    `addr add ${host}/24 dev ${link}`,
    `link set ${link} up`,
  ])
  ip([
    `-n ${hub} link add bridge type bridge`,
    `-n ${hub} link set bridge up`,
    `-n ${hub} link set test up master bridge`,
    ...nodes.flatMap(({ name }, at) => [
      `link add eth0 netns ${name} type veth peer name port${at} netns ${hub}`,
      `-n ${hub} link set port${at} up master bridge`,
    ]),
    ...nodes.flatMap(({ name, address }) => [
      `-n ${name} addr add ${address}/24 dev eth0`,
      `-n ${name} link set eth0 up`,
      `-n ${name} link set lo up`,
      // For multicast; otherwise there is nobody but the neighbours.
      `-n ${name} route add 224.0.0.0/4 dev eth0`,
    ]),
  ])
}

function takeDown({ hub, link, nodes }: World): void {
  const names = [hub, ...nodes.map(({ name }) => name)]
  for (const name of names) endWithin(name)
  // Its other end goes with it.
  ip([`link del ${link}`, ...names.map((name) => `netns del ${name}`)], { quietly: true })
}
