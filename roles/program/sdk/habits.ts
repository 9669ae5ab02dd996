/** What other databases and languages call it, and what to do here: advice for names that collections, indices and rows do not have. */
import type { Collection } from '../document.ts'
import { sortedNames } from '../value/measure.ts'
import type { Kind } from './members.ts'
import { OPERATIONS } from './specs.ts'

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))

const FINDS = words(
  'find findOne findById findBy findUnique findFirst findMany findAll findOrCreate select query where filter all list search lookup fetch read ' +
    'first last getAll getOne getMany has exists include join populate',
)
const SAVES = words(
  'save insert insertOne insertMany add push append put set write store upsert createMany createOne bulkCreate patch replace updateOne ' +
    'updateMany increment assign merge',
)
const DELETES = words('delete deleteOne deleteMany deleteById remove removeOne destroy drop del clear truncate pop shift splice unlink')
const COUNTS = words('length size count total sum aggregate avg average groupBy distinct isEmpty')
const LOOPS = words(
  'map forEach filter reduce fold find findIndex findLast some every any all flatMap flat sort sortBy toSorted orderBy order slice take skip ' +
    'limit offset at first last entries values keys items toArray toList join indexOf includes contains concat reverse append push shift pop ' +
    'match isSome isNone orElse value exists unwrap',
)

const NEVER = 'no row is ever deleted: keep a field that says that it is gone, update that, and leave such rows out where you read.'

const finds = (name: string): string =>
  `db.${name}.get(key) looks up one row; db.${name}.rows({ limit }) and the rows of an index find many.`

const saves = (name: string): string =>
  `inside see(), db.${name}.create({ … }) writes a new row, and db.${name}.update(slot, { … }) one that the caller wrote before.`

const listed = (names: readonly string[]): string =>
  names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** @param names the collections of the program */
export const databaseKind = (names: readonly string[]): Kind => ({
  what: 'the database',
  advice: (name) =>
    names.length === 0
      ? 'the app declares no collection.'
      : `${OPERATIONS.includes(name) || FINDS.has(name) || SAVES.has(name) || DELETES.has(name) ? `say of which collection, as in db.${names[0]!}: ` : 'its collections are '}${listed(names)}.`,
})

export const collectionKind = (collection: string, { indices }: Collection): Kind => ({
  what: `the collection ${collection}`,
  instead: `ask for its rows: db.${collection}.get(key), or db.${collection}.rows({ limit }).`,
  advice: (name) => {
    if (DELETES.has(name)) return NEVER
    if (SAVES.has(name)) return saves(collection)
    if (COUNTS.has(name)) return 'declare an index for it, count(…) or sum(…), and ask that.'
    if (FINDS.has(name)) return finds(collection)
    if (LOOPS.has(name))
      return `ask for rows, db.${collection}.rows({ limit }) or those of an index, and open their fields in see(): there they are lists.`
    const own = sortedNames(indices)
    return `it has ${listed(OPERATIONS)}${own.length === 0 ? ', and no index' : `, and the ${own.length === 1 ? 'index' : 'indices'} ${listed(own)}`}.`
  },
})

export const indexKind = (collection: string, index: string, { kind, on }: Collection['indices'][string]): Kind => ({
  what: `the index ${index} of ${collection}`,
  advice: (name) => {
    if (DELETES.has(name)) return NEVER
    if (SAVES.has(name)) return saves(collection)
    if (kind === 'order' && COUNTS.has(name))
      return `it is an order; for a number declare an index ${name === 'sum' ? 'sum' : 'count'}(…), and ask that.`
    const asked = `db.${collection}.${index}.${kind === 'order' ? 'rows' : kind}({ ${on.join(', ')} }${kind === 'order' ? ', { limit }' : ''})`
    return `ask it with ${asked}.`
  },
})

const BOUNDS: ReadonlyMap<string, string> = new Map([
  ...['max', 'most', 'lte', 'limit', 'atmost'].map((name) => [name, 'atMost'] as const),
  ...['min', 'least', 'gte', 'atleast', 'nonNegative'].map((name) => [name, 'atLeast'] as const),
  ...['primaryKey', 'primary', 'distinct', 'once'].map((name) => [name, 'unique'] as const),
])

/** What `order`, `count` and `sum` make. @param open names of the rules that it may be given @param rule those that it has */
export const indexSpecKind = (kind: string, open: readonly string[], rule: object = {}): Kind => ({
  what: `${kind}(…)`,
  code: 'program.rule',
  isPlain: true,
  advice: (name) => {
    const wanted = BOUNDS.get(name) ?? name
    if (Object.hasOwn(rule, wanted) || (wanted === 'unique' && open.length === 0)) return 'it has its rule already.'
    if (open.includes(wanted)) return `the rule is ${wanted}.`
    if (wanted === 'atLeast') return 'rows are bounded from above only; a sum is bounded from both sides.'
    if (wanted === 'unique') return 'a sum has bounds; for one row at most declare count(…).unique().'
    return open.length === 0 ? 'it takes no further rule.' : `the rules that it takes are ${listed(open)}.`
  },
})

/** @param fields the columns that a query found, each a sealed list or option of its own */
export const foundKind = (collection: string, form: 'rows' | 'get', fields: readonly string[]): Kind => ({
  what: `what ${form}() found`,
  instead: `return or open its fields, each for itself, as in { ${fields[0]}: found.${fields[0]}, key: found.$key }.`,
  advice: (name) => {
    const [part, zip] = form === 'rows' ? ['list', 'zipLists'] : ['option', 'zipOptions']
    const [first] = fields
    if (DELETES.has(name) && name !== 'pop' && name !== 'shift') return NEVER
    if (name === 'update' || name === 'create' || (SAVES.has(name) && !LOOPS.has(name))) return saves(collection)
    if (form === 'rows' && COUNTS.has(name))
      return `each of its fields is a sealed list: see(found.${first}, (${first}) => ${first}.length()).`
    if (LOOPS.has(name) || COUNTS.has(name) || /^\d+$/.test(name))
      return `each of its fields is a sealed ${part}: open those you need in see(), and put them together with ${zip}({ ${first}, … }).`
    if (/^_?(id|key)$/i.test(name)) return 'the key of a row is $key.'
    if (/^(_?owner|author|user|by)(Id)?$/.test(name)) return 'whose row it is, is $owner.'
    return `it has a sealed ${part} for each field: ${listed(fields)}.`
  },
})

export const slotKind = (slot: string, collection: string, state: 'fresh' | 'owned'): Kind => ({
  what: `the slot ${slot}`,
  instead: `its key is ${slot}.key.`,
  advice: (name) => {
    if (DELETES.has(name)) return NEVER
    if (SAVES.has(name) || OPERATIONS.includes(name))
      return `inside see(), db.${collection}.${state === 'fresh' ? 'create' : 'update'}(${slot}, { … }) writes to it.`
    return state === 'fresh' ? 'it has key, and no row yet.' : `it has key; its row is db.${collection}.get(${slot}.key).`
  },
})

/** @param fields the arguments that an endpoint declares */
export const requestKind = (fields: readonly string[]): Kind => ({
  what: 'the request',
  code: 'program.field',
  isPlain: true,
  advice: () => (fields.length === 0 ? 'the endpoint declares no argument.' : `the endpoint declares ${listed(fields)}.`),
})

export const CONTEXT: Kind = {
  what: 'the context',
  code: 'program.field',
  isPlain: true,
  advice: () => 'it has caller, the public key of whoever sends the request.',
}

export const STORE: Kind = {
  what: 'a store',
  instead: 'its tree is what is stored, returned and sent.',
  advice: (name) => {
    if (SAVES.has(name)) return 'use put(path, value), which makes a new store.'
    return DELETES.has(name) ? 'use remove(path), which makes a new store.' : 'it has get, has, put, remove, keys and tree.'
  },
}
