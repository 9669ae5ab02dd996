/**
 * The program document: what the builder writes, the checker admits and the evaluators run (essay, «Code Specification»;
 * PROTOCOL.md 9). It is plain JSON. Values inside it use the JSON forms of `value.ts` (integers as decimal strings);
 * counts and positions (`max`, `limit`, `query`, `slot`, `site`, …) are JSON integers.
 */

/** A value that JSON carries without loss. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

// ───────────────────────────── types ─────────────────────────────

/** Every type has a bound, so every sealed value has a greatest size. */
export type Type =
  /** An exact safe integer; `min` and `max` are decimal strings, both inclusive. */
  | { kind: 'int'; min?: string; max?: string }
  /** Well-formed Unicode of at most `max` code points. */
  | { kind: 'text'; max: number }
  | { kind: 'bool' }
  /** At most `max` bytes. */
  | { kind: 'bytes'; max: number }
  /** At most `max` items. */
  | { kind: 'list'; of: Type; max: number }
  | { kind: 'record'; fields: Record<string, Type> }
  /** At least one case; a case without content holds the empty record. */
  | { kind: 'variant'; cases: Record<string, Type> }
  | { kind: 'option'; of: Type }
  /** At most `max` entries; `keys` is int, text, bool or key. */
  | { kind: 'map'; keys: Type; of: Type; max: number }
  /** At least one and at most `max` nodes, each holding an `of`. */
  | { kind: 'tree'; of: Type; max: number }
  /** A place in such a tree. It lives inside one block: it has no JSON form, so nothing stored, sent or returned holds one. */
  | { kind: 'zipper'; of: Type; max: number }
  /** Address of a reserved key of that collection, as text; the empty text is «no key». */
  | { kind: 'key'; collection: string }

// ───────────────────────────── program ─────────────────────────────

export interface Program {
  golem: 1
  name: string
  doc: string
  collections: Record<string, Collection>
  endpoints: Record<string, Endpoint>
}

export interface Collection {
  doc: string
  fields: Record<string, Type>
  /** The value of a key that was reserved and never written (JSON form of the record of `fields`), or null. */
  initial: Json
  /** Besides these every collection has the index `key`, by key address. */
  indices: Record<string, Index>
}

/**
 * `on` names scalar fields (int, text, bool, bytes, key) or `$owner`. Entries are ordered by these, then by key address.
 *
 * An index may have a rule, held when a tick closes (`rules.ts`). The rows with the same values in all fields of `on` are a group: `atMost` rows
 * are in one, or the sum of one is from `atLeast` to `atMost`, both inclusive.
 */
export type Index =
  | { kind: 'order'; on: string[]; atMost?: number }
  | { kind: 'count'; on: string[]; atMost?: number }
  | { kind: 'sum'; on: string[]; field: string; atLeast?: string; atMost?: string }

export interface Endpoint {
  doc: string
  request: Record<string, Type>
  /** Answered by the client. In the order of first use, which is how sources refer to them; `stage` says when each is asked. */
  queries: Query[]
  slots: Slot[]
  /** In order; a request passes through all of them. */
  blocks: Block[]
  response: Template
}

export interface Query {
  /** Unique in its endpoint. */
  name: string
  collection: string
  /** Name of an index of the collection, or `key`. */
  index: string
  /** `rows` needs an order index (or `key`), `count`/`sum` an index of that kind, `get` the index `key`. */
  kind: 'rows' | 'count' | 'sum' | 'get'
  /** `file:line` of the query in the developer's source. */
  at: string
  /** Values of the first fields of the index; all of them for count, sum and get. */
  equals: Asked[]
  /**
   * For `rows`: bounds of the field after those of `equals` (of `$key` for the index `key`), in the order of the index. Half-open, so that
   * neighbouring ranges share no row and leave none out; one whose `from` is not less than its `to` has no rows. Values as in `equals`.
   */
  range?: Between<Asked>
  descending?: boolean
  /** Greatest number of rows; 1 for get, count and sum. */
  limit: number
  /**
   * How many blocks have run when it is asked: the least number that its arguments allow. 0 is hoisted to the head; a block's output
   * splits the endpoint after that block. Only blocks from this position on may use its columns.
   */
  stage: number
}

/**
 * What a query is asked with: every source but a query's column, or a literal, which whoever has the program knows and nobody has to open.
 * `value` is the JSON form of a value of `type`, which is that of the index' field but for its bounds.
 */
export type Asked = Source | { from: 'literal'; type: Type; value: Json }

/** Values that are not less than `from` and less than `to`. At least one of the two is there. */
export type Between<T> = {
  from?: T
  to?: T
}

/**
 * Where a sealed value comes from. Types: request → its declared type; caller → text of 64 (x-only key, hex);
 * slot → key of its collection;
 * query → list(field, limit) for rows, option(field) for get, int for count and sum (there `field` is `$count` or `$sum`);
 * block → its declared output type. `$key` and `$owner` are fields of every row.
 */
export type Source =
  | { from: 'request'; field: string }
  | { from: 'caller' }
  | { from: 'slot'; slot: number }
  | { from: 'query'; query: number; field: string }
  | { from: 'block'; block: number; output: number }

/** A key of the caller that a write goes to. `fresh`: reserved and never written. `owned`: the caller's, written before. */
export interface Slot {
  name: string
  collection: string
  state: 'fresh' | 'owned'
}

/** One observation point: it runs on a server of its own and sees its `inputs` and nothing else. */
export interface Block {
  name: string
  doc?: string
  /** `file:line` of the `see` in the developer's source. */
  at: string
  /** A bool output of an earlier block. When it is false the body is not run: outputs are defaults, nothing is written. */
  guard: Source | null
  /** What it opens. Using a query's column means opening that query's arguments too. */
  inputs: BlockInput[]
  /** Sealed values that it moves into its writes unopened: never a query column. */
  carries: Source[]
  sites: WriteSite[]
  outputs: Type[]
  body: Body
}

export interface BlockInput {
  name: string
  source: Source
}

/** A call site of a write; has a prime of its own in every tick. */
export interface WriteSite {
  collection: string
  /** Position in the endpoint's `slots`. */
  slot: number
  /** Sorted names of the fields written: all of them for a fresh slot. */
  fields: string[]
}

// ───────────────────────────── body ─────────────────────────────

/**
 * Pure nodes in one list; a node refers only to earlier ones. Evaluation is by demand: what no output, effect or taken branch needs is
 * not evaluated, so it costs nothing and cannot fail. A node is evaluated at most once, or, inside of scopes that run for each item
 * (item, fold, tree), at most once for each item of the innermost of them.
 */
export interface Body {
  scopes: Scope[]
  nodes: Node[]
  /** One node for each of the block's outputs. */
  outputs: number[]
  effects: Effect[]
}

/**
 * A scope binds parameters. `parent` is an earlier scope or −1, the body itself. A node that depends on a parameter belongs to that
 * scope and cannot be used outside of it. A scope of kind item, fold or tree is run by exactly one node.
 */
export type Scope =
  /** One parameter: an item of the list `over`, or the value of a node of the tree `over`. */
  | { kind: 'item'; parent: number; over: number }
  /** Two parameters: the accumulator (of the type of `start`) and an item of the list, or the value of a node of the tree, `over`. */
  | { kind: 'fold'; parent: number; over: number; start: number }
  /** Two parameters: the value of a node of the tree `over`, and the list of what its children made, each of the type `of`. */
  | { kind: 'tree'; parent: number; over: number; of: Type }
  /** One parameter: the content of case `tag` of the variant `over`. */
  | { kind: 'case'; parent: number; over: number; tag: string }
  /** One parameter: the content of the option `over`. */
  | { kind: 'some'; parent: number; over: number }

export type Node =
  | { op: 'input'; input: number }
  | { op: 'param'; scope: number; param: number }
  | { op: 'const'; type: Type; value: Json }
  | { op: Primitive; args: number[] }
  /** Only the branch taken is evaluated. */
  | { op: 'if'; cond: number; then: number; else: number }
  | { op: 'record'; fields: Record<string, number> }
  | { op: 'field'; of: number; field: string }
  /** `of` is the item type. */
  | { op: 'list'; of: Type; items: number[] }
  /** `type` is the whole variant type. */
  | { op: 'variant'; type: Type; tag: string; value: number }
  /** One arm for every case, in the order of the sorted tags; `over` of their scopes is the variant. */
  | { op: 'match'; arms: Arm[] }
  | { op: 'some'; value: number }
  | { op: 'unwrap'; some: Arm; none: number }
  | Each

/**
 * Runs over all items of a list or, where said, all nodes of a tree (each before its children); `result` is a node of the scope.
 * · `map`, `any`, `all`: list or tree; a mapped tree keeps its form · `filter`: list · `fold` with a scope of kind `fold`: list or tree;
 * with one of kind `tree`: a tree from its leaves up · `find`: the first item, or a zipper at the first node, for which `result` holds,
 * as an option · `sort`: a list, stably, by a scalar · `distinct`: a list, the first item for each scalar · `group`: a map from
 * `result` (int, text, bool or key) to the list of its items, in their order.
 * `any`, `all` and `find` stop as soon as they know.
 */
export type Each =
  | { op: 'map' | 'filter' | 'fold' | 'any' | 'all' | 'find' | 'distinct' | 'group'; scope: number; result: number }
  | { op: 'sort'; scope: number; result: number; descending: boolean }

export interface Arm {
  scope: number
  result: number
}

/**
 * Strict operations, except `and` and `or`, which evaluate their second argument only when needed. `check/signatures.ts` has their types.
 *
 * · Integers are exact or `program.overflow`; `divide` and `remainder` round towards minus infinity (`program.divide` for zero);
 *   `int.range` makes the integers [from, to).
 * · Positions in texts are code points, in lists items, in bytes bytes; negative ones count as 0 and those beyond the end as the end,
 *   but `at` of such a position is none. Order of texts is code point order. Case and white space are those of ASCII.
 *   `split` at the empty text gives the code points; `replace` of the empty text changes nothing; both take the leftmost matches first.
 * · `parse` and `bytes.text` give none for what is not a safe integer without needless signs or zeros, not lower-case hex in pairs, not UTF-8.
 * · `list.zip` ends with the shorter list and makes records { left, right }; entries of maps are records { key, value } in key order,
 *   and of equal keys in `map.from` the last one counts.
 * · Movements of a zipper give none where there is no such place. `remove` goes up; `insertLeft`, `insertRight`, `prepend` and
 *   `append` stay where they are; the root has no siblings and cannot be removed.
 */
export type Primitive =
  | `int.${'add' | 'subtract' | 'multiply' | 'divide' | 'remainder' | 'less' | 'text' | 'parse' | 'range'}`
  | `text.${'length' | 'contains' | 'starts' | 'ends' | 'find' | 'less'}`
  | `text.${'concat' | 'lower' | 'upper' | 'trim' | 'slice' | 'replace' | 'split' | 'join' | 'bytes'}`
  | `bytes.${'length' | 'at' | 'concat' | 'slice' | 'less' | 'sha256' | 'hex' | 'parse' | 'text'}`
  | `list.${'length' | 'contains' | 'at' | 'take' | 'drop' | 'reverse' | 'concat' | 'flatten' | 'zip'}`
  | `map.${'size' | 'get' | 'has' | 'set' | 'remove' | 'entries' | 'from'}`
  | `tree.${'node' | 'value' | 'children' | 'size' | 'list' | 'zipper'}`
  | `zipper.${'tree' | 'focus' | 'value' | 'depth' | 'down' | 'up' | 'left' | 'right' | 'next'}`
  | `zipper.${'set' | 'put' | 'insertLeft' | 'insertRight' | 'prepend' | 'append' | 'remove'}`
  | 'equal'
  | 'and'
  | 'or'
  | 'not'

export type Effect =
  /** Exactly one write names each site; `fields` are the site's fields. */
  | { write: number; fields: Record<string, WriteValue> }
  | { if: number; then: Effect[]; else: Effect[] }
  /** `match` is the variant; one arm for every case, in the order of the sorted tags. */
  | { match: number; arms: EffectArm[] }
  /** `unwrap` is the option. */
  | { unwrap: number; some: EffectArm; none: Effect[] }

export interface EffectArm {
  scope: number
  effects: Effect[]
}

/** A node of the body, or a position in the block's `carries`. */
export type WriteValue = { node: number } | { carry: number }

// ───────────────────────────── response ─────────────────────────────

/** What the client makes of the sealed values it can open: all of them. */
export type Template =
  | { source: Source }
  | { literal: Json; type: Type }
  | { record: Record<string, Template> }
  | { list: Template[]; of: Type }
  | { variant: Type; tag: string; value: Template }
  | { some: Template }
  | { none: Type }
  /** `if` is a bool output of a block; both branches have one type. */
  | { if: Source; then: Template; else: Template }

/** Rows have these besides the collection's fields. */
export const SYSTEM_FIELDS = ['$key', '$owner'] as const

/** Type of `caller` and `$owner`: an x-only public key as 64 hex digits. */
export const CLIENT_TYPE: Type = { kind: 'text', max: 64 }
