/** Run by `memory.test.ts` in little memory: one hostile program with a usual budget and with one that stops almost nothing. */
import type { Program, Result, Type, Value } from '../../../../roles/program/index.ts'
import { must } from '../guestbook.story.ts'
import { answerOf, INT, integer, listOf, literal, programOf, TEXT, treeOf } from './bodies.ts'
import type { Draft } from './bodies.ts'

const BYTES: Type = { kind: 'bytes', max: 1_000_000 }
const INTS = listOf(INT)

/** A fold over sixty items that joins its accumulator with itself. */
const doubling = (type: Type, start: unknown, op: 'text.concat' | 'bytes.concat' | 'list.concat'): Result<Program> =>
  programOf([INTS], type, (draft, [over]) => {
    const first = literal(draft, type, start)
    const [all] = draft.open({ kind: 'fold', parent: -1, over: over!, start: first }, 2)
    return draft.add({ op: 'fold', scope: 0, result: draft.add({ op, args: [all!, all!] }) })
  })

/** A tree whose node has twice the same child, and so on for 24 levels. */
function sharedTree(draft: Draft): number {
  const value = integer(draft, 1)
  let tree = draft.add({ op: 'tree.node', args: [value, draft.add({ op: 'list', of: treeOf(INT), items: [] })] })
  for (let level = 0; level < 24; level++)
    tree = draft.add({ op: 'tree.node', args: [value, draft.add({ op: 'list', of: treeOf(INT), items: [tree, tree] })] })
  return tree
}

const onShared = (output: Type, write: (draft: Draft, tree: number) => number): Result<Program> =>
  programOf([INTS], output, (draft) => write(draft, sharedTree(draft)))

const nested = (): Result<Program> =>
  programOf([INTS], INT, (draft, [over]) => {
    const items = [0, 1, 2, 3].map((i) => draft.open({ kind: 'item', parent: i - 1, over: over! })[0]!)
    return items.reduceRight<number>((result, _, scope) => {
      const inner = result < 0 ? items[3]! : result
      return draft.add({ op: 'list.length', args: [draft.add({ op: 'map', scope, result: inner })] })
    }, -1)
  })

const onText = (output: Type, write: (draft: Draft, text: number) => number): Result<Program> =>
  programOf([INTS, TEXT], output, (draft, [, text]) => write(draft, text!))

const STORIES: Record<string, () => Result<Program>> = {
  'a fold that doubles a text sixty times': () => doubling(TEXT, 'ab', 'text.concat'),
  'a fold that doubles bytes sixty times': () => doubling(BYTES, 'AAAA', 'bytes.concat'),
  'a fold that doubles a list sixty times': () => doubling(INTS, ['1', '2'], 'list.concat'),
  'maps in maps in maps': nested,
  'a tree of parts shared through 24 levels, leaving the block': () => onShared(treeOf(INT), (_, tree) => tree),
  'the size of such a tree': () => onShared(INT, (draft, tree) => draft.add({ op: 'tree.size', args: [tree] })),
  'the list of such a tree': () =>
    onShared(INT, (draft, tree) => draft.add({ op: 'list.length', args: [draft.add({ op: 'tree.list', args: [tree] })] })),
  'a map over such a tree': () =>
    onShared(treeOf(INT), (draft, over) => {
      const [item] = draft.open({ kind: 'item', parent: -1, over })
      return draft.add({ op: 'map', scope: 0, result: item! })
    }),
  'a fold over such a tree': () =>
    onShared(INT, (draft, over) => {
      const [, item] = draft.open({ kind: 'fold', parent: -1, over, start: integer(draft, 0) }, 2)
      return draft.add({ op: 'fold', scope: 0, result: item! })
    }),
  'a text of a million characters, split into them': () =>
    onText(listOf(TEXT), (draft, text) => draft.add({ op: 'text.split', args: [text, literal(draft, TEXT, '')] })),
  'a text of a million characters, joined with itself': () =>
    onText(TEXT, (draft, text) =>
      draft.add({ op: 'text.join', args: [draft.add({ op: 'list', of: TEXT, items: [text, text, text] }), text] }),
    ),
  'a worst search in a text': () =>
    onText({ kind: 'bool' }, (draft, text) => {
      const half = draft.add({ op: 'text.slice', args: [text, integer(draft, 0), integer(draft, 500_000)] })
      const part = draft.add({ op: 'text.concat', args: [half, literal(draft, TEXT, 'b')] })
      return draft.add({ op: 'text.contains', args: [text, part] })
    }),
  'a replacement of each character by a thousand': () =>
    onText(TEXT, (draft, text) =>
      draft.add({ op: 'text.replace', args: [text, literal(draft, TEXT, 'a'), literal(draft, TEXT, 'x'.repeat(1_000))] }),
    ),
  'a list of one more than the limit': () =>
    onText(INTS, (draft) => draft.add({ op: 'int.range', args: [integer(draft, 0), integer(draft, 100_001)] })),
}

const program = must(STORIES[process.argv[2]!]!())
const inputs: Value[] = program.endpoints['go']!.blocks[0]!.inputs.map((_, i) =>
  i === 0
    ? Array.from({ length: process.argv[2] === 'maps in maps in maps' ? 1_000 : 60 }, (_unused, item) => item)
    : 'a'.repeat(1_000_000),
)
const usual = answerOf(program, inputs, { steps: 20_000, bytes: 1e6 })
// A thousand million steps of nothing but steps would take minutes; five million show the same.
const most = answerOf(program, inputs, { steps: process.argv[2] === 'maps in maps in maps' ? 5e6 : 1e9, bytes: 1e9 })
console.log(`${String(usual)} ${String(most)}`)
