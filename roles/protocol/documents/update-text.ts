/**
 * Recognises the canonical text of an update at a glance. Most of an update are links, fields of fixed form in fixed order, of which every byte is hex, base64 or
 * a name: one expression for each finds at once that it is canonical and that its schema holds. What is not recognised is not wrong yet: it is read in the
 * general way, which says what is wrong with it. test/roles/protocol/documents/update-text.test.ts holds both equal.
 */
import { PROTOCOL_VERSION } from '../version.ts'
import { closingQuote } from '../canonical.ts'
import { MAX_LANES, MAX_WRITES } from './types.ts'

/** Written out, because the engine counts repetitions while it looks. */
const hexDigits = (count: number): string => `"${'[0-9a-f]'.repeat(count)}"`
const HEX = hexDigits(64)
const SIGNATURE = hexDigits(128)
const NAME = '"[a-zA-Z][a-zA-Z0-9_]{0,63}"'
/** Its length is asked for apart. */
const BASE64 = '"[A-Za-z0-9+/]*={0,2}"'
const LONGEST_OPENING = Math.ceil(16_384 / 3) * 4
/** A block with more sites has more writes than a request may have: such an update is read in the general way. */
const MANY_SITES = MAX_WRITES
const MANY_LINKS = 256

/** An expression for the decimal numbers from 0 to `most`, without noughts before them. */
export function upTo(most: number): string {
  const digits = String(most)
  const forms = ['0', ...(digits.length > 1 ? [`[1-9]\\d{0,${digits.length - 2}}`] : [])]
  for (let i = 0; i < digits.length; i++) {
    const [least, below] = [i === 0 ? 1 : 0, Number(digits[i]) - 1]
    if (below >= least) forms.push(`${digits.slice(0, i)}[${least}-${below}]\\d{${digits.length - i - 1}}`)
  }
  return `(?:${[...forms, ...(most > 0 ? [digits] : [])].join('|')})`
}

const TICK = upTo(1_000_000_000)
const list = (item: string, least: number, most: number): string =>
  least === 0 ? `\\[(?:${item}(?:,${item}){0,${most - 1}})?\\]` : `\\[${item}(?:,${item}){${least - 1},${most - 1}}\\]`
const object = (fields: Record<string, string>): string =>
  `\\{${Object.entries(fields)
    .map(([name, form]) => `"${name}":${form}`)
    .join(',')}\\}`

const LINK_FIELDS = {
  ...{ after: HEX, app: HEX, base: HEX, before: HEX, endpoint: NAME, inputs: HEX, lane: upTo(MAX_LANES - 1), opening: BASE64 },
  ...{ outputs: HEX, own: list(HEX, 0, MAX_WRITES), planned: HEX, position: upTo(255), previous: HEX, request: HEX, server: HEX },
  ...{ sig: SIGNATURE, sites: list(upTo(65_535), 0, MANY_SITES), tick: TICK, version: HEX },
}
const START_FIELDS = {
  ...{ app: HEX, base: HEX, client: HEX, endpoint: NAME, keys: HEX, numbers: list(HEX, 1, MAX_LANES), planned: HEX, request: HEX },
  ...{ seat: HEX, tick: TICK },
}
const sticky = (form: string): RegExp => new RegExp(form, 'y')
const HEAD = sticky(
  `\\{"app":${HEX},"by":${HEX},"endpoint":${NAME},"keySigs":${list(object({ key: HEX, sig: SIGNATURE }), 1, 64)},"lanes":\\[`,
)
const LINK = sticky(object(LINK_FIELDS))
const MIDDLE = sticky(`,"request":${HEX},"sig":${SIGNATURE},"start":`)
const START = sticky(object(START_FIELDS))
const TAIL = sticky(`,"tick":${TICK},"type":"update","v":${PROTOCOL_VERSION},"writes":`)

/** A signed part of a text, from its first to behind its last character, and where the member with its signature begins; −1: it has none. */
export interface SignedPart {
  from: number
  sig: number
  end: number
}
/** Characters of the member with a signature, and the comma behind it. */
export const SIGNATURE_MEMBER = '"sig":"",'.length + 128

/** Where what is signed stands in an update's text, and the list of writes, of which nothing is known but where it ends. All before that are ASCII. */
export interface UpdateText {
  whole: SignedPart
  start: SignedPart
  /** The links of each lane. */
  links: SignedPart[][]
  writes: { from: number; end: number }
}

/** Where `form` ends that begins at `at`; −1 when it does not. */
function after(form: RegExp, text: string, at: number): number {
  form.lastIndex = at
  return form.test(text) ? form.lastIndex : -1
}

/** @param search from where on the first signature is its own */
const signedPart = (text: string, from: number, end: number, search: number): SignedPart => ({
  from,
  sig: text.indexOf('"sig":"', search),
  end,
})

/** The update whose canonical text begins at `from`; null where it is not recognised. */
export function recogniseUpdate(text: string, from: number): UpdateText | null {
  const head = after(HEAD, text, from)
  const lanes = head < 0 ? null : lanesFrom(text, head)
  const start = lanes === null ? -1 : after(MIDDLE, text, lanes.end)
  const startEnd = start < 0 ? -1 : after(START, text, start)
  const writes = startEnd < 0 ? -1 : after(TAIL, text, startEnd)
  const end = writes < 0 ? -1 : endOfList(text, writes)
  if (lanes === null || end < 0 || text.charCodeAt(end) !== CLOSE_BRACE) return null
  return {
    whole: signedPart(text, from, end + 1, lanes.end),
    start: { from: start, sig: -1, end: startEnd },
    links: lanes.links,
    writes: { from: writes, end },
  }
}

const [QUOTE, COMMA, OPEN, CLOSE, OPEN_BRACE, CLOSE_BRACE] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d]

/** The lanes whose list began just before `from`. */
function lanesFrom(text: string, from: number): { end: number; links: SignedPart[][] } | null {
  const links: SignedPart[][] = []
  for (let at = from; ; at++) {
    if (text.charCodeAt(at) !== OPEN) return null
    const lane: SignedPart[] = []
    do {
      const begin = at + 1
      at = after(LINK, text, begin)
      // Base64 has groups of four.
      if (at < 0 || lane.length === MANY_LINKS || !isWholeOpening(text, begin)) return null
      lane.push(signedPart(text, begin, at, begin))
    } while (text.charCodeAt(at) === COMMA)
    links.push(lane)
    if (text.charCodeAt(at++) !== CLOSE || links.length > MAX_LANES) return null
    if (text.charCodeAt(at) === CLOSE) return { end: at + 1, links }
    if (text.charCodeAt(at) !== COMMA) return null
  }
}

const OPENING = '"opening":"'

function isWholeOpening(text: string, link: number): boolean {
  const begin = text.indexOf(OPENING, link) + OPENING.length
  const length = text.indexOf('"', begin) - begin
  return length % 4 === 0 && length <= LONGEST_OPENING
}

/** Where the list or object that begins at `from` ends; −1 where it does not. */
export function endOfList(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === QUOTE) at = closingQuote(text, at)
    else if (unit === OPEN || unit === OPEN_BRACE) depth++
    else if ((unit === CLOSE || unit === CLOSE_BRACE) && --depth <= 0) return depth === 0 ? at + 1 : -1
    if (depth === 0) return -1
  }
  return -1
}
