/** All participants of the sandbox but the person's own node, in one process: it begins with the first of them, and anew after it has ended. */
import type { ParticipantConfig } from '../../core/index.ts'
import { startProcess, type NodesProcess, type Starter } from '../headless/network/process.ts'
import { leanEnvironment, sharedOptions } from '../worker/lean.ts'

/** As the process marks its lines; what has no mark is of the process itself. */
const LINE = /^([a-z0-9-]{1,40}): (.*)$/

/** Whole lines of a stream, each to whom it is of. */
export function sortedLines(output: (name: string, text: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const found = LINE.exec(line)
      output(found?.[1] ?? 'others', `${found?.[2] ?? line}\n`)
    }
  }
}

/** @param output log lines of each, by name */
export function createOthers(output: (name: string, text: string) => void): Starter {
  let current: NodesProcess | undefined
  return (config: ParticipantConfig) => {
    if (current?.running !== true)
      current = startProcess({ options: sharedOptions, environment: leanEnvironment, output: sortedLines(output), several: true })
    return current.begin(config)
  }
}
