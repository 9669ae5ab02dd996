/** Which engagement a person means: by its id, its app's, the beginning of either, the app's title, or its link. */
import { looksLikeLink, readLink } from '../../../roles/protocol/link/index.ts'
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'

export interface Named {
  id: string
  /** Null before the app's first offer is signed. */
  app: string | null
  title: string
}

/** So many hex digits at least name something by its beginning. */
const LEAST_DIGITS = 6

/** The app that a link names; the text itself where it is none. Hints of a link are for whoever has not seen the app yet. */
export function appOf(text: string): string {
  const link = looksLikeLink(text) ? readLink(text) : null
  return link?.ok === true ? link.value.app : text.trim()
}

const listed = (all: readonly Named[]): string =>
  all
    .slice(0, 8)
    .map(({ id, title }) => `${title} (${id.slice(0, 12)}…)`)
    .join(', ')

const theOnly = <T extends Named>(all: readonly T[], what: string): Result<T> =>
  all.length === 1
    ? ok(all[0]!)
    : all.length === 0
      ? fail('engagement.none', `There is no ${what}. golem status lists what this node does.`)
      : fail('engagement.several', `There is more than one ${what}: ${listed(all)}. Say which.`)

/**
 * @param text undefined where a person names none: then the only one is meant
 * @param what in words, for the refusal, as «app that this node uses»
 * Errors: `link.*` for a link that is none, `engagement.none`, `engagement.several`.
 */
export function find<T extends Named>(all: readonly T[], text: string | undefined, what: string): Result<T> {
  if (text === undefined) return theOnly(all, what)
  const link = looksLikeLink(text) ? readLink(text) : null
  if (link?.ok === false) return link
  const wanted = link === null ? text.trim() : link.value.app
  const exact = all.filter(({ id, app }) => id === wanted || app === wanted)
  const begins = (whole: string | null): boolean => whole?.startsWith(wanted.toLowerCase()) ?? false
  const isBeginning = wanted.length >= LEAST_DIGITS && /^[0-9a-f]+$/i.test(wanted)
  const named = all.filter(({ title }) => title.toLowerCase() === wanted.toLowerCase())
  const found =
    [exact, isBeginning ? all.filter(({ id, app }) => begins(id) || begins(app)) : [], named].find(({ length }) => length > 0) ?? []
  if (found.length === 1) return ok(found[0]!)
  const name = `«${wanted.slice(0, 80)}»`
  if (found.length > 1) return fail('engagement.several', `${name} names more than one ${what}: ${listed(found)}. Give the id.`)
  const others = all.length === 0 ? ': there is none' : `. There ${all.length === 1 ? 'is' : 'are'} ${listed(all)}`
  return fail('engagement.none', `${name} is no ${what}${others}. golem status lists what this node does.`)
}
