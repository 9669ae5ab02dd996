/** How amounts, times and identifiers read. Every amount has its unit. */

const whole = new Intl.NumberFormat('en')
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' })

export const sats = (amount: number): string => `${whole.format(amount)} ${Math.abs(amount) === 1 ? 'sat' : 'sats'}`
export const number = (value: number): string => whole.format(value)
export const timeOfDay = (at: number): string => clock.format(at)

export const plural = (count: number, one: string, many = `${one}s`): string => `${whole.format(count)} ${count === 1 ? one : many}`

/** `about 12 s`, `about 4 min`, `about 2 h`; `any moment` at nothing left. */
export function wait(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds <= 0) return 'any moment now'
  if (seconds < 90) return `about ${seconds} s`
  if (seconds < 90 * 60) return `about ${Math.round(seconds / 60)} min`
  return `about ${Math.round(seconds / 3600)} h`
}

/** A share of ticks: `in 40 of 100 ticks`, `in one of 83 ticks`. */
export function oftenness(share: number): string {
  if (share <= 0) return 'in no tick'
  return share >= 0.1 ? `in ${Math.round(100 * share)} of 100 ticks` : `in one of ${whole.format(Math.round(1 / share))} ticks`
}

/** Time taken: `340 ms`, `2.1 s`. */
export const took = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

/** Both ends of a hash, enough to compare by eye; short texts stay whole. */
export const short = (id: string): string => (id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`)

export const isHash = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{40,}$/.test(value)

/** A stored or returned value as a person reads it. */
export function show(value: unknown): string {
  if (value === null || value === undefined || value === '') return '(empty)'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return number(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map(showItem).join('; ')
  return showRecord(value as Record<string, unknown>)
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const hasOnly = (value: Record<string, unknown>, ...names: string[]): boolean =>
  Object.keys(value).length === names.length && names.every((name) => Object.hasOwn(value, name))

/** An entry of a map is its key and its value. */
const showItem = (item: unknown): string =>
  isObject(item) && hasOnly(item, 'key', 'value') ? `${show(item.key)}: ${show(item.value)}` : show(item)

/** Options and variants as what they hold, other records field by field. */
function showRecord(value: Record<string, unknown>): string {
  if (hasOnly(value, 'some')) return show(value.some)
  if (hasOnly(value, 'tag', 'value') && typeof value.tag === 'string') {
    const isBare = isObject(value.value) && Object.keys(value.value).length === 0
    return isBare ? value.tag : `${value.tag} (${show(value.value)})`
  }
  return Object.entries(value)
    .map(([name, part]) => `${label(name).toLowerCase()} ${show(part)}`)
    .join(', ')
}

/** Names of the program's inputs as the person who sent them knows them: `request.text` → `your text`. */
export function origin(input: string): string {
  const [where = '', ...rest] = input.split('.')
  const what = rest.join(' ')
  if (where === 'request') return `your ${what}`
  if (where === 'caller') return 'your public key'
  if (where === 'slot') return 'your reserved key'
  if (where === 'block') return `the result of «${what}»`
  return where === 'query' ? `the database (${label(what).toLowerCase()})` : input
}

/** `likeCount` → `Like count`, `by-topic` → `By topic`; `$owner` → `Owner`. */
export function label(name: string): string {
  const words = name
    .replace(/^\$/, '')
    .replace(/[-_.]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}
