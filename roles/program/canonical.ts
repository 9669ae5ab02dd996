import type { Json, Program } from './document.ts'
import { own } from './value/measure.ts'

/** RFC 8785 text of JSON whose numbers are safe integers and whose texts are well-formed. */
export function canonicalJson(json: Json): string {
  if (Array.isArray(json)) return `[${json.map(canonicalJson).join(',')}]`
  if (typeof json !== 'object' || json === null) return JSON.stringify(json)
  const entries = Object.keys(json)
    .sort()
    .filter((name) => own(json, name) !== undefined)
  return `{${entries.map((name) => `${JSON.stringify(name)}:${canonicalJson(json[name]!)}`).join(',')}}`
}

/** The bytes that are hashed and published: the same for every compilation of the same source. */
export const canonicalProgram = (program: Program): string => canonicalJson(program as unknown as Json)
