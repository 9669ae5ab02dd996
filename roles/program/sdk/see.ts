import { NAME } from '../limits.ts'
import { sealResult } from './choose.ts'
import type { Opened, Outcome, Seen } from './marks.ts'
import { nameOf } from './literal.ts'
import { addConst } from './nodes.ts'
import { callBack, isExpr, isList, isPlain, isSealed } from './plain.ts'
import { activeEndpoint, BuildError, createRecorder, openSource, outputSource, sealedCores } from './recorder.ts'
import type { Recorder } from './recorder.ts'
import { makeExpr } from './values/apply.ts'

/**
 * Opens sealed values: an observation point, which runs on a server of its own and sees these values only. The callback calculates
 * with them, may write (`db.posts.create`) and may `see` further; what an inner callback uses of the outer one is sent onward sealed.
 * What it returns comes out sealed (objects field by field). An inner `see` in a branch runs only when the branch is taken;
 * otherwise its results are defaults (zero, empty).
 * @example
 * const { fine } = see(req.text, (text) => ({ fine: text.length().atMost(100) }))
 */
export function see<S extends readonly unknown[], R>(...args: [...values: Seen<S>, callback: (...opened: Opened<S>) => R]): Outcome<R>
export function see(...args: unknown[]): unknown {
  const name = typeof args[0] === 'string' ? (args.shift() as string) : null
  const callback = args.pop() as (...opened: never[]) => unknown
  const endpoint = activeEndpoint()
  if (name !== null && (!NAME.test(name) || endpoint.blocks.some((block) => block.name === name)))
    throw new BuildError('program.name', `${name} is not a new name of letters, digits and _.`)
  const block = createRecorder(endpoint, name)
  block.guard = guardOf(block.parent)
  const opened = args.map((value) => openSealed(block, value))
  endpoint.current = block
  try {
    return sealResult(callBack(callback, ...opened), block)
  } finally {
    endpoint.current = block.parent
  }
}

/** The bit that says whether the place where the inner `see` stands is reached. */
function guardOf(parent: Recorder | null): Recorder['guard'] {
  if (parent === null || parent.path.length === 0) return parent === null ? null : parent.guard
  return outputSource(parent, parent.path, addConst(parent, { kind: 'bool' }, true), { kind: 'bool' })
}

function openSealed(block: Recorder, value: unknown): object {
  const core = isSealed(value) ? sealedCores.get(value) : undefined
  if (core === undefined)
    throw new BuildError(
      'program.sealed',
      `see() opens sealed values only, not ${isExpr(value) ? 'one that is open already' : nameOf(value)}${isPlain(value) || isList(value) ? '; give it one by one: see(request.a, request.b, (a, b) => …)' : ''}.`,
    )
  if (core.endpoint !== block.endpoint) throw new BuildError('program.foreign', 'this sealed value belongs to another endpoint.')
  if (!('source' in core.template))
    throw new BuildError(
      'program.choice',
      'this value depends on a branch and only the client can put it together; open its parts instead.',
    )
  return makeExpr(block, openSource(block, core.template.source, core.type), core.type)
}
