/** Greatest sizes that the checker admits. They keep checking linear and evaluation shallow. */
export const LIMITS = {
  /** Code points of a text, or bytes of a `bytes`. */
  text: 1_000_000,
  /** Items of a list, entries of a map, nodes of a tree. */
  items: 100_000,
  /** Nesting of a type. */
  typeDepth: 24,
  /** Longest chain of nodes, each needing the one before: bounds the evaluator's stack. */
  nodeDepth: 1_000,
  /** How many nodes of such a chain an operation over items counts for: it takes that much more of the stack. */
  eachDepth: 4,
  /** Nesting of effects and of the response template. */
  treeDepth: 200,
  /** Nesting of any JSON in a program document. */
  jsonDepth: 1_000,
  /** Least and greatest value of a field that is summed, so that the sum of a million rows is an integer of the language. */
  summed: 9_007_199_254,
  /** Rows that a rule lets be in a group. */
  grouped: 1_000_000,
  /** Blocks of an endpoint, and its queries: what a request and a thread have room for. */
  blocks: 255,
  queries: 255,
  /** Queries whose columns one block opens. */
  opened: 64,
  /** Keys that an endpoint writes to, which is how many writes one update has room for. */
  slots: 64,
  /** Call sites of one block, each with a prime of its own. */
  sites: 4_096,
  /** Rows of one query. */
  rows: 1_000,
  /** Characters of a documentation text. */
  doc: 10_000,
} as const

/** Names of fields, cases, collections, indices, endpoints, slots, queries, blocks. */
export const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const NAME_LENGTH = 64

/** A name that is not taken: the wanted one, shortened where it is too long, or that one with a number. */
export function freeName(wanted: string, isTaken: (name: string) => boolean, between = ''): string {
  let name = wanted.slice(0, NAME_LENGTH)
  for (let i = 2; isTaken(name); i++) {
    const end = `${between}${i}`
    name = `${wanted.slice(0, NAME_LENGTH - end.length)}${end}`
  }
  return name
}
