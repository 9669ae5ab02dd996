import { labelOf, runEndpoint, sourceName } from '../../../../roles/program/index.ts'
import type { Endpoint, EndpointRun, Label, Program, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { BUDGET, callOf } from './calls.ts'
import { difference } from './difference.ts'
import { sourcesOf } from './blocks.ts'

/** Everything that an endpoint is given from outside, by the names that labels use. */
export const givenTo = (program: Program, endpoint: Endpoint): string[] =>
  sourcesOf(program, endpoint)
    .filter((source) => source.from !== 'block')
    .map((source) => sourceName(endpoint, source))

interface Field {
  name: string
  inputs: string[]
  value: Value | undefined
}

/** Stored and returned fields of a run with what the label says of them; a field of a write that did not happen is undefined. */
function fieldsOf(endpoint: Endpoint, label: Label, run: EndpointRun, slots: string[]): Field[] {
  const stored = label.stored.map(({ block, site, field, inputs }): Field => {
    const made = run.writes.find((write) => write.block === block && write.site === site)
    const value = made === undefined ? undefined : field === '$key' ? slots[made.slot] : made.fields[field]
    return { name: `field ${field} of site ${site} of ${endpoint.blocks[block]!.name}`, inputs, value }
  })
  return [
    ...stored,
    ...label.returned.map(({ field, inputs }) => ({ name: `response ${field}`, inputs, value: partOf(run.response, field) })),
  ]
}

/** Names have no dots, and parts of the response that have a label of their own are fields of records. */
const partOf = (value: Value, path: string): Value =>
  path === '' ? value : path.split('.').reduce((part, name) => (part as Record<string, Value>)[name]!, value)

/** How often an input was changed that some field does not depend on. */
export interface Tally {
  changes: number
}

/**
 * Changes one input after the other and compares what is stored and returned.
 * @param label of the endpoint, or a wrong one
 * @returns the first field that changed although its label does not name the input, or null
 */
export function labelViolation(program: Program, name: string, label: Label, seed: number, tally: Tally = { changes: 0 }): string | null {
  const endpoint = program.endpoints[name]!
  const call = callOf(program, endpoint, seed)
  const before = runEndpoint(program, name, call, BUDGET)
  if (!before.ok) return null
  const fields = fieldsOf(endpoint, label, before.value, call.slots)
  for (const input of givenTo(program, endpoint)) {
    const changed = callOf(program, endpoint, seed, [input])
    const after = runEndpoint(program, name, changed, BUDGET)
    if (!after.ok) continue
    for (const [i, field] of fieldsOf(endpoint, label, after.value, changed.slots).entries()) {
      if (field.inputs.includes(input)) continue
      tally.changes++
      if (difference(field.value, fields[i]!.value, 'field') !== null) return `${input} changes ${field.name} of ${name}`
    }
  }
  return null
}

/** The label without one input of one of its fields. */
export function withoutOne(label: Label, field: number, input: number): Label {
  const wrong = structuredClone(label)
  const fields = [...wrong.stored, ...wrong.returned]
  fields[field]!.inputs.splice(input, 1)
  return wrong
}

export const labelled = (program: Program, name: string): Label => must(labelOf(program, name))
