import type { Block, Node, Program } from '../../../../roles/program/index.ts'
import { argumentsOf, armsOf, branchesOf, eachEffect } from '../../../../roles/program/scopes.ts'

/** Nodes that some output or effect may need: the others are never evaluated. */
export function neededNodes({ body }: Block): Set<number> {
  const needed = new Set(body.outputs)
  const over = (scope: number): number[] => {
    const found = body.scopes[scope]!
    return found.kind === 'fold' ? [found.over, found.start] : [found.over]
  }
  eachEffect(body.effects, (effect) => {
    if ('write' in effect) for (const value of Object.values(effect.fields)) if ('node' in value) needed.add(value.node)
    if ('if' in effect) needed.add(effect.if)
    if ('match' in effect) needed.add(effect.match)
    if ('unwrap' in effect) needed.add(effect.unwrap)
  })
  for (const node of needed) {
    const found = body.nodes[node]!
    for (const argument of argumentsOf(found)) needed.add(argument)
    for (const arm of armsOf(found)) for (const other of [arm.result, ...over(arm.scope)]) needed.add(other)
  }
  return needed
}

/** What a program uses: ops of needed nodes (with the kind of what operations over items run over), effects, template forms, queries. */
export function census(program: Program): Set<string> {
  const found = new Set<string>()
  for (const endpoint of Object.values(program.endpoints)) {
    for (const query of endpoint.queries) {
      found.add(`query ${query.kind}`)
      for (const [bound, asked] of Object.entries(query.range ?? {})) {
        found.add(`query ${bound}`)
        if (asked.from === 'literal') found.add('query literal')
      }
      for (const asked of query.equals) if (asked.from === 'literal') found.add('query literal')
    }
    for (const slot of endpoint.slots) found.add(`slot ${slot.state}`)
    for (const block of endpoint.blocks) censusOfBlock(block, found)
    censusOfTemplate(endpoint.response, found)
  }
  return found
}

function censusOfBlock(block: Block, found: Set<string>): void {
  for (const node of neededNodes(block)) found.add(nameOf(block, block.body.nodes[node]!))
  if (block.guard !== null) found.add('guard')
  eachEffect(block.body.effects, (effect) => {
    found.add(`effect ${['write', 'if', 'match', 'unwrap'].find((kind) => kind in effect)}`)
    for (const list of branchesOf(effect)) if (list.length > 0) found.add('nested effect')
    if ('write' in effect && Object.values(effect.fields).some((value) => 'carry' in value)) found.add('carry')
  })
}

/** Operations over items by the kind of their scope: a fold over a list is another thing than one from the leaves of a tree up. */
function nameOf(block: Block, node: Node): string {
  if (!('scope' in node) || node.op === 'param') return node.op
  return `${node.op} in ${block.body.scopes[node.scope]!.kind}`
}

function censusOfTemplate(template: Record<string, unknown>, found: Set<string>): void {
  const form = ['source', 'literal', 'record', 'list', 'variant', 'some', 'none', 'if'].find((name) => Object.hasOwn(template, name))!
  found.add(`template ${form}`)
  const parts = form === 'record' ? Object.values(template['record'] as object) : form === 'list' ? (template['list'] as unknown[]) : []
  const direct =
    form === 'if'
      ? [template['then'], template['else']]
      : form === 'variant'
        ? [template['value']]
        : form === 'some'
          ? [template['some']]
          : []
  for (const part of [...parts, ...direct]) censusOfTemplate(part as Record<string, unknown>, found)
}
