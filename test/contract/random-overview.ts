/** Overviews in a row, as no node would make them: everything may come, go, change and move. All of it follows from a seed. */
import type { Overview } from '../../main/contract/index.ts'
import { seeded } from '../tools/seeded.ts'

type Draw = (below: number) => number
type Listed = { id: string; [name: string]: unknown }

const NAMES = ['title', 'state', 'detail', 'tick', 'response', '__proto__', 'constructor', 'gone', 'set'] as const

const draws = (seed: string): Draw => {
  const random = seeded(seed)
  return (below) => new DataView(random(4).buffer).getUint32(0) % below
}

function value(draw: Draw, depth = 0): unknown {
  const kind = draw(depth > 2 ? 5 : 7)
  if (kind === 0) return null
  if (kind === 1) return draw(3) - 1
  if (kind === 2) return ['', 'a', 'b', '0'][draw(4)]
  if (kind === 3) return draw(2) === 0
  if (kind === 4) return [undefined, {}, []][draw(3)]
  if (kind === 5) return Array.from({ length: draw(3) }, () => value(draw, depth + 1))
  return fields(draw, depth + 1)
}

/** Own fields, whatever their names. */
function fields(draw: Draw, depth = 0): Record<string, unknown> {
  return Object.fromEntries(NAMES.filter(() => draw(3) === 0).map((name) => [name, value(draw, depth)]))
}

const shuffled = <T>(draw: Draw, list: readonly T[]): T[] =>
  list
    .map((one) => ({ one, at: draw(1 << 30) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one)

function list(draw: Draw, before: readonly Listed[]): Listed[] {
  if (draw(3) === 0) return [...before]
  const kept = before
    .filter(() => draw(5) > 0)
    .map((one) => (draw(3) > 0 ? one : { ...(draw(2) === 0 && one), ...fields(draw), id: one.id }))
  const known = new Set(before.map(({ id }) => id))
  const fresh = Array.from({ length: 6 }, (_, at) => `id-${at}`).filter((id) => !known.has(id) && draw(4) === 0)
  const all = [...kept, ...fresh.map((id) => ({ ...fields(draw), id }))]
  return draw(3) === 0 ? shuffled(draw, all) : all
}

const part = (draw: Draw, before: object): object =>
  draw(2) === 0 ? before : draw(3) === 0 ? fields(draw) : { ...before, ...fields(draw) }

/** @yields overviews, each of which follows the one before it */
export function* overviews(seed: string, count: number): Generator<Overview> {
  const draw = draws(seed)
  let now: Record<string, unknown> = { number: 0, node: {}, chain: {}, engagements: [], apps: [], requests: [] }
  for (let at = 0; at < count; at++) {
    now = {
      number: at,
      ...Object.fromEntries(['node', 'chain'].map((name) => [name, part(draw, now[name] as object)])),
      ...listsOf(draw, now),
    }
    yield now as unknown as Overview
  }
}

const listsOf = (draw: Draw, now: Record<string, unknown>) =>
  Object.fromEntries(['engagements', 'apps', 'requests'].map((name) => [name, list(draw, now[name] as Listed[])]))
