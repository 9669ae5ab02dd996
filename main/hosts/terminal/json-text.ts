/** JSON that a person or another program wrote: refused in words where it is none, nests without end, or says one thing twice. */
import { closingQuote, nestingOf } from '../../../roles/protocol/canonical.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'

const NESTING_LIMIT = 1_000

/**
 * @param shown how messages name the text
 * Error: `cli.json`. A name that an object has twice is one, because all but the last would be lost without a word.
 */
export function parseJson(shown: string, text: string): Result<unknown> {
  if (nestingOf(text) > NESTING_LIMIT) return fail('cli.json', `${shown} nests deeper than ${NESTING_LIMIT} levels.`)
  try {
    const json = JSON.parse(text) as unknown
    const twice = nameGivenTwice(text)
    if (twice === null) return ok(json)
    return fail('cli.json', `${shown} has "${printable(twice.name)}" twice in one object (line ${twice.line}); give it once.`)
  } catch (error) {
    return fail('cli.json', `${shown} is not JSON: ${printable(error instanceof Error ? error.message : String(error))}.`)
  }
}

/** What stands in a file is no command to a terminal. */
const printable = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (char) => (char === '\n' ? ' ' : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)).slice(0, 200)

/** @param text valid JSON */
function nameGivenTwice(text: string): { name: string; line: number } | null {
  const open: Array<Set<string> | null> = []
  const colon = /\s*:/y
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '{') open.push(new Set())
    else if (char === '[') open.push(null)
    else if (char === '}' || char === ']') open.pop()
    if (char !== '"') continue
    const end = closingQuote(text, at)
    colon.lastIndex = end + 1
    if (colon.test(text)) {
      const name = JSON.parse(text.slice(at, end + 1)) as string
      const names = open.at(-1)
      if (names?.has(name) === true) return { name, line: text.slice(0, at).split('\n').length }
      names?.add(name)
    }
    at = end
  }
  return null
}
