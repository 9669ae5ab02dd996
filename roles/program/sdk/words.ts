/** What the checker says of a place in the document, in the words of the SDK. */

const PLACES: Record<string, string> = {
  collections: 'collection',
  endpoints: 'endpoint',
  fields: 'field',
  indices: 'index',
  request: 'argument',
}

const SAYINGS: Array<[RegExp, string]> = [
  [/must be a list of at least 1\.$/, 'needs a field at least.'],
  [/must be a decimal string of an integer /, 'must be an integer '],
  [/numbers are integers /, 'must be an integer '],
]

/**
 * @param message begins with a path of the document
 * @example inWords('/collections/c/indices/by/on: must be a list of at least 1.') // collection c, index by: needs a field at least.
 */
export function inWords(message: string): string {
  const match = /^(\/[^:]*): ([^]*)$/.exec(message)
  if (match === null) return message
  const parts = match[1]!.split('/').slice(1)
  const places: string[] = []
  for (let i = 0; i < parts.length && Object.hasOwn(PLACES, parts[i]!); i += 2)
    places.push(`${PLACES[parts[i]!]!} ${parts[i + 1] ?? ''}`.trim())
  const last = parts.at(-1) ?? ''
  if (['max', 'min', 'limit', 'doc', 'name', 'initial'].includes(last) && parts.length !== 2 * places.length) places.push(last)
  const said = SAYINGS.reduce((text, [pattern, words]) => text.replace(pattern, words), match[2]!)
  return places.length === 0 ? said : `${places.join(', ')}: ${said}`
}
