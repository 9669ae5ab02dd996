import { check, runCompiled, runInterpreted } from '../../../../roles/program/index.ts'
import type { Body, Budget, Node, Program, Result, Scope, Type, Value } from '../../../../roles/program/index.ts'
import { runDifference } from '../random/difference.ts'

/** Nodes and scopes written one after the other, as the builder of the SDK would, but without its checks. */
export interface Draft {
  nodes: Node[]
  scopes: Scope[]
  add(node: Node): number
  /** Opens a scope and gives its parameters. */
  open(scope: Scope, params?: number): number[]
  /** The scope that is being written, −1 for the body; whoever goes into one keeps it up to date. */
  here: number
}

export const INT: Type = { kind: 'int' }
export const BOOL: Type = { kind: 'bool' }
export const TEXT: Type = { kind: 'text', max: 1_000_000 }
export const listOf = (of: Type): Type => ({ kind: 'list', of, max: 100_000 })
export const treeOf = (of: Type): Type => ({ kind: 'tree', of, max: 100_000 })

export function createDraft(): Draft {
  const nodes: Node[] = []
  const scopes: Scope[] = []
  const add = (node: Node): number => nodes.push(node) - 1
  const open = (scope: Scope, params = 1): number[] => {
    const index = scopes.push(scope) - 1
    return Array.from({ length: params }, (_, param) => add({ op: 'param', scope: index, param }))
  }
  return { nodes, scopes, add, open, here: -1 }
}

export const literal = (draft: Draft, type: Type, value: unknown): number => draft.add({ op: 'const', type, value: value as never })
export const integer = (draft: Draft, value: number): number => literal(draft, INT, String(value))

/**
 * A program of one block that opens these request fields.
 * @param write makes the nodes, of which it returns the one for the output; inputs are the first nodes
 */
export function programOf(inputs: Type[], output: Type, write: (draft: Draft, inputs: number[]) => number): Result<Program> {
  const draft = createDraft()
  const opened = inputs.map((_, input) => draft.add({ op: 'input', input }))
  const node = write(draft, opened)
  return check(documentOf(inputs, output, { scopes: draft.scopes, nodes: draft.nodes, outputs: [node], effects: [] }))
}

export function documentOf(inputs: Type[], output: Type, body: Body): Program {
  const names = inputs.map((_, i) => `in${i}`)
  return {
    golem: 1,
    name: 'body',
    doc: '',
    collections: {},
    endpoints: {
      go: {
        doc: '',
        request: Object.fromEntries(inputs.map((type, i) => [names[i]!, type])),
        queries: [],
        slots: [],
        blocks: [
          {
            name: 'see',
            at: 'body.ts:1',
            guard: null,
            inputs: names.map((name) => ({ name, source: { from: 'request', field: name } })),
            carries: [],
            sites: [],
            outputs: [output],
            body,
          },
        ],
        response: { source: { from: 'block', block: 0, output: 0 } },
      },
    },
  }
}

/** The output, or the code of the error; both evaluators have to come to the same end, steps and bytes included. */
export function answerOf(program: Program, inputs: Value[], budget: Budget): Value {
  const run = runInterpreted(program, 'go', 0, inputs, budget)
  const found = runDifference(run, runCompiled(program, 'go', 0, inputs, budget))
  if (found !== null) throw new Error(`the evaluators differ: ${found}`)
  return run.ok ? run.value.outputs[0]! : run.error.code
}
