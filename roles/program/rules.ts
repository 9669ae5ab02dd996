/**
 * Rules across clients. A request reads the last tick, so two of them may both be right alone and wrong together. A rule of an index is held
 * when a tick closes, update by update in chain order: the later one is refused (PROTOCOL.md 7). Here is what rules a program has, which of
 * them a write can break, and how they are told.
 */
import type { Collection, Effect, Endpoint, Program, WriteSite } from './document.ts'
import { sourceName } from './sources.ts'
import { own, sortedNames } from './value/measure.ts'
import { plural } from './value/words.ts'

/** What is at most, or at least, so much in every group: the rows with the same values in `on`. */
export interface Rule {
  collection: string
  index: string
  /** Fields of the index, in its order. */
  on: readonly string[]
  /** The field that is summed; null where rows are counted. */
  field: string | null
  bound: 'atLeast' | 'atMost'
  limit: number
}

/** The rules of a collection by the names of its indices; of one index `atLeast` first. */
export function rulesOf(name: string, { indices }: Pick<Collection, 'indices'>): Rule[] {
  return sortedNames(indices).flatMap((index) => {
    const declared = indices[index]!
    const field = declared.kind === 'sum' ? declared.field : null
    return (['atLeast', 'atMost'] as const).flatMap((bound): Rule[] => {
      const limit = bound === 'atMost' ? declared.atMost : declared.kind === 'sum' ? declared.atLeast : undefined
      return limit === undefined ? [] : [{ collection: name, index, on: declared.on, field, bound, limit: Number(limit) }]
    })
  })
}

/** Indices without their rules. */
export const withoutRules = (indices: Collection['indices']): Collection['indices'] =>
  Object.fromEntries(
    Object.entries(indices).map(([name, one]) => [
      name,
      one.kind === 'sum' ? { kind: one.kind, on: one.on, field: one.field } : { kind: one.kind, on: one.on },
    ]),
  )

/** One rule by its name; null when the program has no such rule. */
export function findRule(program: Program, name: Pick<Rule, 'collection' | 'index' | 'bound'>): Rule | null {
  const collection = own(program.collections, name.collection)
  const rules = collection === undefined ? [] : rulesOf(name.collection, collection)
  return rules.find(({ index, bound }) => index === name.index && bound === name.bound) ?? null
}

/** By how much a group breaks its rule: 0 where it does not, and for a group without rows. */
export function breach({ bound, limit }: Pick<Rule, 'bound' | 'limit'>, rows: number, value: bigint): bigint {
  if (rows === 0) return 0n
  const over = bound === 'atMost' ? value - BigInt(limit) : BigInt(limit) - value
  return over > 0n ? over : 0n
}

/** Whether the groups are each one client's, so that nobody else's writes can be in the way. */
export const isOwn = ({ on }: Pick<Rule, 'on'>): boolean => on.includes('$owner')

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`

/** «at most one row of likes has the same post and owner», «the sum of change over the rows of stock with the same good is at least 0». */
export function ruleWords({ collection, on, field, bound, limit }: Omit<Rule, 'index'>): string {
  const same = `the same ${listed(on.map((name) => name.replace('$', '')))}`
  if (field !== null)
    return `the sum of ${field} over the rows of ${collection} with ${same} is ${bound === 'atMost' ? 'at most' : 'at least'} ${limit}`
  return limit === 1 ? `at most one row of ${collection} has ${same}` : `at most ${plural(limit, 'row')} of ${collection} have ${same}`
}

/**
 * How many keys of a collection one client may have reserved at the same time, as far as rules say: keys that begin with an initial value are
 * rows. `all` counts those written since, `unwritten` does not; Infinity where no rule is in the way.
 */
export function mostReserved(name: string, collection: Collection): { unwritten: number; all: number } {
  const most = { unwritten: Infinity, all: Infinity }
  if (collection.initial === null) return most
  for (const { on, field, bound, limit } of rulesOf(name, collection)) {
    const value = field === null ? 1 : Number((collection.initial as Record<string, string>)[field]!)
    const grows = bound === 'atMost' ? value > 0 : value < 0
    if (grows) most.unwritten = Math.min(most.unwritten, Math.floor(limit / value))
    if (field === null && on.length === 1) most.all = Math.min(most.all, limit)
  }
  return most
}

// ───────────────────────────── what a write can break ─────────────────────────────

/** Whether a write at this site can make the breach of a rule of its collection worse, as far as types say. */
export function canBreak({ collections, slots }: Stage, site: WriteSite, rule: Rule): boolean {
  if (site.collection !== rule.collection) return false
  const collection = collections[rule.collection]!
  if (slots[site.slot]!.state === 'owned') {
    const moves = site.fields.some((name) => rule.on.includes(name))
    return moves || (rule.field !== null && site.fields.includes(rule.field))
  }
  return rule.field === null || collection.initial !== null || !onlyHelps(collection, rule)
}

interface Stage {
  collections: Program['collections']
  slots: Endpoint['slots']
}

/** Whether a new row, whatever it holds, keeps its group within the bound: amounts that are never negative do not lower a sum. */
function onlyHelps({ fields }: Collection, { field, bound, limit }: Rule): boolean {
  const type = field === null ? undefined : own(fields, field)
  if (type?.kind !== 'int') return false
  return bound === 'atLeast' ? Number(type.min) >= Math.max(0, limit) : Number(type.max) <= Math.min(0, limit)
}

/** A rule that a call of an endpoint may break when another update is counted first, with the names of the blocks that write so. */
export interface RuleAtStake extends Rule {
  blocks: string[]
}

/** What may be refused if somebody is faster. @param program checked, or an outline */
export function rulesAtStake({ collections }: Program, { blocks, slots }: Endpoint): RuleAtStake[] {
  return sortedNames(collections)
    .flatMap((name) => rulesOf(name, collections[name]!))
    .map((rule) => ({
      ...rule,
      blocks: blocks.filter(({ sites }) => sites.some((site) => canBreak({ collections, slots }, site, rule))).map(({ name }) => name),
    }))
    .filter((rule) => rule.blocks.length > 0)
}

/** One sentence for whoever is about to publish. */
export const refusalWords = (rule: Rule): string =>
  `This may be refused if ${isOwn(rule) ? 'another request of yours' : 'somebody, or another request of yours,'} is faster: ${ruleWords(rule)}.`

// ───────────────────────────── what a program reads ─────────────────────────────

/**
 * Whether anything in the program looks at what is written to a field, or asks for it: a block computes it or opens what is moved there, a query
 * asks by it, or a block opens it in rows. True where nothing writes it.
 */
export function isRead(program: Program, collection: string, field: string): boolean {
  const endpoints = Object.values(program.endpoints)
  if (endpoints.some((endpoint) => asksFor(program, endpoint, collection, field))) return true
  const looks = endpoints.map((endpoint) => looksAt(endpoint, collection, field)).filter((one) => one !== null)
  return looks.length === 0 || looks.includes(true)
}

/** Whether a query is asked by the field, or a block opens its column. */
function asksFor({ collections }: Program, { queries, blocks }: Endpoint, collection: string, field: string): boolean {
  const by = queries.some((query) => {
    if (query.collection !== collection || query.index === 'key') return false
    const { on } = collections[collection]!.indices[query.index]!
    return on.slice(0, query.equals.length + (query.range === undefined ? 0 : 1)).includes(field)
  })
  const columns = blocks.flatMap(({ inputs }) => inputs.map(({ source }) => source))
  return (
    by || columns.some((source) => source.from === 'query' && source.field === field && queries[source.query]!.collection === collection)
  )
}

/** Whether a block of the endpoint looks at what it writes to the field; null where nothing writes it. */
function looksAt(endpoint: Endpoint, collection: string, field: string): boolean | null {
  const opened = new Set(endpoint.blocks.flatMap(({ inputs }) => inputs.map(({ source }) => sourceName(endpoint, source))))
  const seen = endpoint.blocks.flatMap(({ body, carries, sites }) =>
    writesIn(body.effects).flatMap(({ write, fields }) => {
      const value = sites[write]!.collection === collection ? own(fields, field) : undefined
      if (value === undefined) return []
      const source = 'carry' in value ? carries[value.carry]! : null
      // Every server knows who calls, and who writes to a key opens it.
      return [source === null || source.from === 'caller' || source.from === 'slot' || opened.has(sourceName(endpoint, source))]
    }),
  )
  return seen.length === 0 ? null : seen.some(Boolean)
}

/** Every write of a body, in all branches. */
function writesIn(effects: Effect[]): Array<Extract<Effect, { write: number }>> {
  return effects.flatMap((effect) => {
    if ('write' in effect) return [effect]
    if ('if' in effect) return writesIn([...effect.then, ...effect.else])
    return 'match' in effect ? effect.arms.flatMap((arm) => writesIn(arm.effects)) : writesIn([...effect.some.effects, ...effect.none])
  })
}
