/** What `collection`, `endpoint` and `app` are given, looked at where they stand. */
import { BuildError } from './errors.ts'
import { objectOf, shown, textOf, typesGiven } from './given.ts'
import { isList, isPlain } from './plain.ts'
import { own } from '../value/measure.ts'

const refuse = (code: string, message: string): never => {
  throw new BuildError(code, message)
}

const need = (spec: Record<string, unknown>, name: string, what: string, advice: string): void => {
  if (own(spec, name) === undefined) refuse('program.shape', `${what} needs ${name}: ${advice}`)
}

/** The fields of an index, as `order`, `count` and `sum` got them. @param what «order()» */
export function indexFields<const On extends readonly string[]>(what: string, on: On): On {
  if (on.length === 0) refuse('program.shape', `${what} needs a field at least.`)
  for (const [i, field] of on.entries()) {
    if (typeof field !== 'string') refuse('program.shape', `${what} takes names of fields, not ${shown(field)}.`)
    if (on.indexOf(field) !== i) refuse('program.shape', `${what} names ${field} twice.`)
  }
  return on
}

/** What every collection can do: no index has such a name. */
export const OPERATIONS: readonly string[] = ['get', 'rows', 'fresh', 'owned', 'create', 'update']

/** @param what «collection()», or which one of the app */
export function collectionGiven(spec: unknown, what = 'collection()'): void {
  const given = objectOf(spec, what, '{ doc, fields, indices, initial }', ['doc', 'fields', 'indices', 'initial'])
  textOf(given['doc'], `the doc of ${what}`)
  need(given, 'fields', what, 'an object of declared types.')
  if (Object.keys(typesGiven(given['fields'], `the fields of ${what}`, 'the field')).length === 0)
    refuse('program.shape', `${what} needs a field at least.`)
  need(given, 'indices', what, 'an object of order(), count() and sum(); indices: {} where there are none.')
  const { indices } = given
  if (!isPlain(indices))
    return refuse('program.shape', `the indices of ${what} are an object of order(), count() and sum(), not ${shown(indices)}.`)
  for (const name of Object.keys(indices)) {
    if (OPERATIONS.includes(name))
      refuse('program.name', `the index ${name} of ${what} has the name of an operation of collections; choose another.`)
    indexGiven(own(indices, name), name)
  }
}

function indexGiven(index: unknown, name: string): void {
  const isIndex = isPlain(index) && ['order', 'count', 'sum'].includes(index['kind'] as string) && isList(index['on'])
  if (!isIndex) refuse('program.shape', `the index ${name} is made by order(), count() or sum(), not ${shown(index)}.`)
}

/** @param what «endpoint()», or which one of the app */
export function endpointGiven(spec: unknown, what = 'endpoint()'): void {
  const given = objectOf(spec, what, '{ doc, request, run }', ['doc', 'request', 'run'])
  textOf(given['doc'], `the doc of ${what}`)
  need(given, 'request', what, 'an object of declared types; request: {} where there are none.')
  typesGiven(given['request'], `the arguments of ${what}`, 'the argument')
  if (typeof given['run'] !== 'function') refuse('program.callback', `the run of ${what} is a function, not ${shown(given['run'])}.`)
}

export function appGiven(spec: unknown): void {
  const given = objectOf(spec, 'app()', '{ name, doc, collections, endpoints }', ['name', 'doc', 'collections', 'endpoints'])
  textOf(given['name'], 'the name of app()')
  textOf(given['doc'], 'the doc of app()')
  const { collections, endpoints } = given
  if (!isPlain(collections))
    return refuse('program.shape', `the collections of app() are an object of collection(…), not ${shown(collections)}.`)
  for (const [name, spec] of Object.entries(collections)) collectionGiven(spec, `the collection ${name}`)
  if (typeof endpoints !== 'function')
    refuse('program.callback', `the endpoints of app() are a function of the database, not ${shown(endpoints)}.`)
}

/** What the function `endpoints` returned. */
export function endpointsGiven(endpoints: unknown): void {
  if (!isPlain(endpoints)) return refuse('program.shape', `endpoints returns an object of endpoint(…), not ${shown(endpoints)}.`)
  for (const [name, spec] of Object.entries(endpoints)) endpointGiven(spec, `the endpoint ${name}`)
}
