/** Changes to documents, as somebody malicious or careless would make them. */
import fc from 'fast-check'

type Holder = Record<string, unknown>

/** Every place of a document: [parent, name]. */
export function places(json: unknown, found: Array<[Holder, string]> = []): Array<[Holder, string]> {
  if (typeof json === 'object' && json !== null) {
    for (const name of Object.keys(json)) {
      found.push([json as Holder, name])
      places((json as Holder)[name], found)
    }
  }
  return found
}

const replacement = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    0,
    1,
    2,
    3,
    1e9,
    '',
    'topic',
    '__proto__',
    'constructor',
    '$key',
    true,
    [],
    {},
    { from: 'caller' },
    { kind: 'bool' },
    { op: 'not', args: [0] },
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

/** A place, what comes there, and whether the place is removed instead. */
export const mutations = fc.array(fc.tuple(fc.nat(), replacement, fc.boolean()), { minLength: 1, maxLength: 3 })

/** Changes a document in place. */
export function mutate(json: unknown, changes: Array<[number, unknown, boolean]>): void {
  for (const [at, value, remove] of changes) {
    const all = places(json)
    const [parent, name] = all[at % all.length]!
    if (remove) delete parent[name]
    else parent[name] = value
  }
}
