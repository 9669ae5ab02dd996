/** Sealed values in plain words. */
import { sourceName, type Endpoint, type Query, type Slot, type Source, type Template } from '../../../../roles/program/index.ts'

/** `a, b and c`. */
export function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)!}`
}

/** `flood's answers 1 and 2` for two that have no name of their own. */
export function groupAnswers(names: readonly string[]): string[] {
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [, point, number] = /^(.*)answer (\d+)$/.exec(name) ?? []
    if (point === undefined) groups.set(name, [])
    else groups.set(point, [...(groups.get(point) ?? []), number!])
  }
  return [...groups].map(([name, numbers]) =>
    numbers.length === 0 ? name : `${name}answer${numbers.length > 1 ? 's' : ''} ${listed(numbers)}`,
  )
}

/** A field of rows: `$key` is the key, `$owner` the owner, and fields that have these names are told apart. */
export const fieldWords = (field: string): string => (field === 'key' || field === 'owner' ? `fields.${field}` : field.replace('$', ''))

/**
 * A short name for a sealed value, the same all over an explanation: `topic` (given by the caller), `caller`, `recent.author` (looked up),
 * `new likes key` (written to), `moderation's answer 1` or, where the response names it, `flood's reason`.
 */
export function valueName(endpoint: Endpoint, source: Source): string {
  switch (source.from) {
    case 'request':
      return source.field === 'caller' ? 'the argument caller' : source.field
    case 'caller':
      return 'caller'
    case 'slot':
      return slotName(endpoint.slots[source.slot]!)
    case 'query':
      return columnName(endpoint.queries[source.query]!, source.field)
    case 'block':
      return `${endpoint.blocks[source.block]!.name}'s ${outputName(endpoint, source)}`
  }
}

/** A key that the caller writes to. */
export const slotName = ({ name, state }: Slot): string => `${state === 'fresh' ? 'new' : 'own'} ${name} key`

const columnName = (query: Query, field: string): string =>
  query.kind === 'count' || query.kind === 'sum' ? `${query.name}.${query.kind}` : `${query.name}.${fieldWords(field)}`

/** An output that decides whether a later one runs, the field that the response makes of it, or its number. */
function outputName(endpoint: Endpoint, source: Source & { from: 'block' }): string {
  if (endpoint.blocks.some((block) => block.guard !== null && sameSource(block.guard, source))) return 'go-ahead'
  const field = fieldIn(endpoint.response, source, '')
  if (field !== null && field !== '') return field
  const { outputs } = endpoint.blocks[source.block]!
  return outputs.length === 1 ? 'answer' : `answer ${source.output + 1}`
}

export const sameSource = (a: Source, b: Source): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort())

/** The path of the response's field that is this value where a branch allows it, or null. */
function fieldIn(template: Template, source: Source, path: string): string | null {
  if ('source' in template) return sameSource(template.source, source) ? path : null
  if ('if' in template) return fieldIn(template.then, source, path) ?? fieldIn(template.else, source, path)
  if (!('record' in template)) return null
  for (const [name, part] of Object.entries(template.record)) {
    const found = fieldIn(part, source, path === '' ? name : `${path}.${name}`)
    if (found !== null) return found
  }
  return null
}

/** From the label's names of inputs to those of `valueName`. */
export function labelNames(endpoint: Endpoint, columnsOf: (query: Query) => string[]): Map<string, string> {
  const sources: Source[] = [
    { from: 'caller' },
    ...Object.keys(endpoint.request).map((field): Source => ({ from: 'request', field })),
    ...endpoint.slots.map((_, slot): Source => ({ from: 'slot', slot })),
    ...endpoint.queries.flatMap((query, i) => columnsOf(query).map((field): Source => ({ from: 'query', query: i, field }))),
  ]
  return new Map(sources.map((source) => [sourceName(endpoint, source), valueName(endpoint, source)]))
}
