import type { Json } from '../document.ts'
import { LIMITS } from '../limits.ts'
import { emptyRecord, newRecord, own } from '../value/measure.ts'
import { rangeWords } from '../value/words.ts'
import { Problems } from './problems.ts'

/** Names on the way to the piece being copied; null stands for an item of a list. It is only put into words when a copy fails. */
type Way = Array<string | null>

/** A deep, frozen copy that inherits nothing, of plain JSON only (own enumerable properties, no holes), refused beyond a nesting limit. */
export const copyJson = (json: unknown): Json => copyPart(json, [])

function copyPart(json: unknown, way: Way): Json {
  if (way.length > LIMITS.jsonDepth) refuse(way, `JSON nested deeper than ${LIMITS.jsonDepth} levels`, 'program.deep')
  if (json === null || typeof json === 'boolean') return json
  if (typeof json === 'string') return json.isWellFormed() ? json : refuse(way, 'text with half of a surrogate pair')
  if (typeof json === 'number') return Number.isSafeInteger(json) ? json + 0 : refuse(way, `numbers are integers ${rangeWords()}`)
  if (typeof json !== 'object') return refuse(way, `${typeof json} is not JSON`)
  return Array.isArray(json) ? copyList(json, way) : copyObject(json as Record<string, unknown>, way)
}

/**
 * Objects of the document's own form begin with one of these and are alike, so engines give them one layout. Objects with names that the
 * developer chose are all different: ever new layouts would take longer than having none.
 */
const FIRST =
  'args arms at block carry cond collection doc effects else field fields from if input keys kind literal match max ' +
  'name node none of op over param parent record result scope slot some source type unwrap value write'
const LAYOUTS = new Set(FIRST.split(' '))

function copyObject(json: Record<string, unknown>, way: Way): Json {
  const names = Object.keys(json)
  const copy = LAYOUTS.has(names[0] ?? '') ? (newRecord() as Record<string, Json>) : emptyRecord<Json>()
  for (const name of names) {
    way.push(name)
    copy[name] = copyPart(own(json, name), way)
    way.pop()
  }
  return Object.freeze(copy)
}

function copyList(json: unknown[], way: Way): Json {
  const copy: Json[] = []
  way.push(null)
  for (const item of json) copy.push(copyPart(item, way))
  way.pop()
  return Object.freeze(copy) as Json[]
}

function refuse(way: Way, problem: string, code = 'program.shape'): never {
  throw new Problems(code, way.reduce<string>(along, ''), problem)
}

/** One step further on a path, which stays short however deep the JSON is. */
function along(path: string, name: string | null): string {
  if (name === null) return path.endsWith('/…') ? path : `${path}/…`
  return path.length > 200 ? path : `${path}/${name}`
}
