/**
 * Keys that a person or a front end names. The language takes any address of letters and digits for a key; a network's keys are x-only public keys in 64 hex digits
 * (PROTOCOL.md 2), so that anything else, as the beginning of one, is no key of any row: asked for, it would be answered with a proved nothing.
 */
import type { Endpoint, Json, Type } from '../document.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { own } from './measure.ts'
import { exactArguments, exactForm } from './natural.ts'
import { wantedWords } from './words.ts'

const DIGITS = '64 hex digits (0-9, a-f)'
const WHOLE = /^[0-9a-f]{64}$/
/** What a refusal shows of what was there. */
const SHOWN = 66

const hint = 'Lists show only the beginning of a key; the command line shows it whole with --json.'

/** Why a text is no key; null where it may be one. @param none whether «no key» is an answer here */
function notAKey(text: string, path: string, wanted: string, none: boolean): string | null {
  if (WHOLE.test(text) || (none && text === '')) return null
  const shown = JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
  return `${path} must be ${wanted}, not ${shown}. ${hint}`
}

/** Of the first key in a value in exact form that is none. */
function strayKey(type: Type, json: Json, path: string): string | null {
  const firstOf = <T>(all: readonly T[], look: (one: T, i: number) => string | null): string | null => {
    for (const [i, one] of all.entries()) {
      const found = look(one, i)
      if (found !== null) return found
    }
    return null
  }
  switch (type.kind) {
    case 'key':
      return notAKey(json as string, path, wantedWords(type), true)
    case 'list':
      return firstOf(json as Json[], (item, i) => strayKey(type.of, item, `${path}[${i}]`))
    case 'record':
      return firstOf(Object.keys(type.fields), (name) => strayKey(type.fields[name]!, own(json as never, name)!, `${path}.${name}`))
    case 'option':
      return json === null ? null : strayKey(type.of, (json as { some: Json }).some, path)
    case 'variant': {
      const { tag, value } = json as { tag: string; value: Json }
      return strayKey(type.cases[tag]!, value, `${path}.${tag}`)
    }
    case 'map':
      return firstOf(
        json as Array<{ key: Json; value: Json }>,
        ({ key, value }, i) => strayKey(type.keys, key, `${path}[${i}].key`) ?? strayKey(type.of, value, `${path}[${i}].value`),
      )
    case 'tree':
      return firstOf(json as Array<{ value: Json }>, ({ value }, i) => strayKey(type.of, value, `${path}[${i}].value`))
    default:
      return null
  }
}

const written = (json: unknown): string => (typeof json === 'string' ? json : (JSON.stringify(json) ?? typeof json))

/** As `exactForm`, with whole keys. Every row has a `$key` and an `$owner`: these are never «no key». @returns `program.value` */
export function exactWhole(type: Type, json: unknown, path: string): Result<Json> {
  const isOfRow = path.startsWith('$')
  const form = isOfRow ? ok(written(json)) : exactForm(type, json, path)
  if (!form.ok) return form
  const stray = isOfRow ? notAKey(written(json), path, `a key in ${DIGITS}`, false) : strayKey(type, form.value, path)
  return stray === null ? form : fail('program.value', stray)
}

/** As `exactArguments`, with whole keys, also where a row of the caller's is named. @returns `program.argument` with `details.field` */
export function wholeArguments(
  endpoint: Pick<Endpoint, 'request' | 'slots'>,
  given: Record<string, unknown>,
): Result<Record<string, Json>> {
  const exact = exactArguments(endpoint, given)
  if (!exact.ok) return exact
  const { request, slots } = endpoint
  for (const [name, value] of Object.entries(exact.value)) {
    const slot = Object.hasOwn(request, name) ? undefined : slots.find((one) => one.name === name)
    // A row that is named as null is not named.
    if (slot !== undefined && value === null) continue
    const stray =
      slot === undefined
        ? strayKey(request[name]!, value, name)
        : notAKey(written(value), name, `the key of a row of ${slot.collection} in ${DIGITS}`, false)
    if (stray !== null) return fail('program.argument', stray, { field: name })
  }
  return ok(exact.value)
}
