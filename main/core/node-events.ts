/** What a node tells whoever listens: log lines, what changed in its overview, its pulse. What nobody listens to is not made. */
import { changeOf } from '../contract/changes.ts'
import type { EventName, Events, LogLine, Overview, Pulse, Subscribe } from '../contract/index.ts'
import type { ClockPort, LogPort } from './ports.ts'

const LOG_LINES = 1000
/** Changes and pulses are told at most so often. */
const TELL_MS = 100

/** An overview before it has its number. */
export type View = Omit<Overview, 'number'>

export interface NodeEvents {
  log: LogPort
  lines(): LogLine[]
  subscribe: Subscribe
  /** Something that a view shows may have changed. @param moved whether something moved, beyond what the height says; else it may only look different */
  changed(moved: boolean): void
  /** The overview as it is now; those who listen have heard of everything in it. */
  overview(): Overview
  /** Views are told no more; log lines are. */
  stop(): void
}

interface Sources {
  /** Of the node, for people. */
  name(): string
  view(): View
  pulse(moved: number): Pulse
}

type Listener = Parameters<Subscribe>[1]
type Emit = <E extends EventName>(event: E, payload: Events[E]) => void

export function createEvents(ports: { log: LogPort; clock: ClockPort }, { name, view, pulse }: Sources): NodeEvents {
  const listeners = new Set<{ wanted: readonly EventName[]; listener: Listener }>()
  const isHeard = (event: EventName): boolean => [...listeners].some(({ wanted }) => wanted.includes(event))
  const emit: Emit = (event, payload) => {
    for (const { wanted, listener } of listeners) if (wanted.includes(event)) listener(event, payload)
  }
  const { log, lines } = createLines(ports, name, emit)
  const changes = createChanges(view, (change) => emit('changed', change))
  let due = false
  let over = false
  let moves = 0
  let beat = ''

  function tellPulse(): void {
    if (!isHeard('pulse')) return
    const now = pulse(moves)
    const text = JSON.stringify(now)
    if (text === beat) return
    beat = text
    emit('pulse', now)
  }
  function soon(): void {
    if (due || over || !(isHeard('changed') || isHeard('pulse'))) return
    due = true
    ports.clock.after(TELL_MS, () => {
      due = false
      if (over) return
      changes.tell()
      tellPulse()
    })
  }
  return {
    log,
    lines,
    subscribe(wanted, listener) {
      const one = { wanted, listener }
      listeners.add(one)
      if (wanted.includes('changed')) changes.begin()
      if (wanted.includes('pulse')) {
        beat = ''
        soon()
      }
      return () => {
        listeners.delete(one)
        if (!isHeard('changed')) changes.end()
      }
    },
    changed(moved) {
      if (moved) moves++
      soon()
    },
    overview: changes.overview,
    stop() {
      over = true
      changes.end()
    },
  }
}

function createLines(ports: { log: LogPort; clock: ClockPort }, who: () => string, emit: Emit) {
  let lines: LogLine[] = []
  const log: LogPort = {
    log(level, message, details) {
      ports.log.log(level, message, details)
      if (level === 'debug') return
      const line: LogLine = { at: ports.clock.now(), level, who: who(), message }
      lines = [...lines.slice(1 - LOG_LINES), line]
      emit('log', line)
    },
  }
  return { log, lines: () => lines }
}

/** Changes of a view in a row without gaps, as long as somebody listens. */
function createChanges(view: () => View, emit: (change: Events['changed']) => void) {
  let number = 0
  /** What everybody who listens knows; null while nobody does. */
  let told: Overview | null = null
  const now = (): Overview => ({ ...view(), number })
  function tell(): void {
    if (told === null) return
    const next = now()
    const change = changeOf(told, next, number + 1)
    if (change === null) return
    number++
    told = { ...next, number }
    emit(change)
  }
  return {
    tell,
    overview(): Overview {
      tell()
      return told ?? now()
    },
    /** Who asked before somebody listened finds a gap. */
    begin(): void {
      if (told !== null) return
      number++
      told = now()
    },
    end: () => void (told = null),
  }
}
