/** The program `ip`, and what earlier runs left of its work. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { findIp } from '../iproute2.mjs'

export const ipPath = findIp

/**
 * Runs the program once for each line, whose words are parted by single spaces.
 * @returns its path
 * @param options.quietly goes on after a line that fails
 * @throws with the program's words
 */
export function ip(lines?: string[], options: { quietly?: boolean } = {}): string {
  const found = findIp()
  if ('missing' in found) throw new Error(found.missing)
  for (const line of lines ?? []) {
    try {
      run(found.path, line.split(' '))
    } catch (error) {
      if (options.quietly !== true) throw error
    }
  }
  return found.path
}

function run(path: string, args: string[]): string {
  try {
    return execFileSync(path, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string }
    throw new Error(`ip ${args.join(' ')}: ${(stderr ?? '').trim().split('\n').at(-1) || message}`, { cause: error })
  }
}

/** When a process began, in the kernel's ticks since boot: with it a pid is said of one process only. Undefined: there is none. */
export function startOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19]
  } catch {
    return undefined
  }
}

/** Ends all processes of a namespace: they were started in it by the test that made it. */
export function endWithin(name: string): void {
  let pids: string[]
  try {
    pids = run(ip(), ['netns', 'pids', name]).split('\n').filter(Boolean)
  } catch {
    return
  }
  for (const pid of pids.map(Number)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

interface Made {
  name: string
  pid: number
  start: string
  /** Which of its process's worlds. */
  n: string
}

/** What tests made and is still there; a name says whose it is. */
function madeByTests(): Made[] {
  const lines = run(ip(), ['netns', 'list']).split('\n')
  return lines.flatMap((line) => {
    const [name = '', pid, start = '', n = ''] = /^golem-(\d+)-(\d+)-(\d+)-\w+/.exec(line) ?? []
    return pid === undefined ? [] : [{ name, pid: Number(pid), start, n }]
  })
}

/** Names of the namespaces that a process made. */
export const namesOf = (pid: number): string[] => madeByTests().flatMap((made) => (made.pid === pid ? [made.name] : []))

/** Takes down what is of processes that are not there any more. */
export function sweep(): void {
  for (const { name, pid, start, n } of madeByTests()) {
    if (startOf(pid) === start) continue
    endWithin(name)
    ip([`link del gm${pid}-${n}`, `netns del ${name}`], { quietly: true })
  }
}

/** The first three numbers of a network of 10.0.0.0/8 that this machine has no route to; where to look first is given, so that neighbours differ. */
export function freeSubnet(from: number): string {
  const taken = (JSON.parse(run(ip(), ['-j', '-4', 'route'])) as { dst: string }[]).map(({ dst }) => dst).filter((dst) => dst !== 'default')
  for (let n = from; n < from + 1_000; n++) {
    const base = [10, 64 + (Math.floor(n / 256) % 128), n % 256]
    if (!taken.some((dst) => overlaps(dst, base))) return base.join('.')
  }
  throw new Error('this machine has routes to all of 10.0.0.0/8')
}

/** Whether a network in CIDR shares addresses with this /24. */
function overlaps(cidr: string, base: number[]): boolean {
  const [net = '', length = '32'] = cidr.split('/')
  const bits = Math.min(24, Number(length))
  const of = (numbers: number[]): number => numbers.slice(0, 3).reduce((sum, part) => sum * 256 + part, 0) >>> (24 - bits)
  return of(net.split('.').map(Number)) === of(base)
}
