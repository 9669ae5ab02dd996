/** What stands behind the question mark of an app's link: how each field is read and written, and what it may be (PROTOCOL.md 16.1). */
import { isIPv6, isName } from './address.ts'
import { fail, ok, type Result } from '../result.ts'

/** Shown to people before anything is known of the app, and believed by nothing. */
const MOST_TITLE = 80
const MOST_TRACKERS = 8
const MOST_PEERS = 8
const MOST_TRACKER = 200
const MOST_HEIGHT = 0xffff_ffff

export interface PeerHint {
  /** A name or an address in lower case; of IPv6 without brackets. */
  host: string
  port: number
}

export interface LinkHints {
  /** What whoever wrote the link says that the app is called. The app's own title is in its offer. */
  title?: string
  /** Of the torrent of the app's first offer. */
  infohash?: string
  /** Height of the block that has the offer's anchor. */
  height?: number
  /** Announce addresses. */
  trackers: string[]
  /** Who may have the torrent. */
  peers: PeerHint[]
}

/** Names of fields as they stand in a link. */
export type LinkField = 'title' | 'ih' | 'at' | 'tr' | 'pe'

export const refuse = (field: LinkField | 'network' | 'app' | 'form', why: string): Result<never> =>
  fail(
    `link.${field}`,
    `The link of an app ${field === 'form' ? '' : `has no right ${field}: `}${why}. Ask whoever gave it to you for a new one.`,
    { field },
  )

/** Marks that nobody sees, or that turn a text around; controls; ends of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

function readTitle(text: string): Result<string> {
  if (text === '' || [...text].length > MOST_TITLE) return refuse('title', `it has 1 to ${MOST_TITLE} characters`)
  if (!text.isWellFormed() || UNSEEN.test(text)) return refuse('title', 'it is one line of characters that can be seen')
  return ok(text)
}

function readInfohash(text: string): Result<string> {
  const lower = text.toLowerCase()
  return /^[0-9a-f]{40}$/.test(lower) ? ok(lower) : refuse('ih', 'it is 40 hex digits')
}

function readHeight(text: string): Result<number> {
  const height = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Infinity
  return height <= MOST_HEIGHT ? ok(height) : refuse('at', `it is a height of 0 to ${MOST_HEIGHT}`)
}

/** Of a peer or of an announce address: a host with a port, or without. */
function readHost(text: string): { host: string; port: number | null } | null {
  const found = /^(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+))(?::([1-9][0-9]{0,4}))?$/.exec(text.toLowerCase())
  if (found === null) return null
  const [, v6, name, port] = found
  const isHost = v6 === undefined ? isName(name!) : isIPv6(v6)
  return isHost && Number(port ?? 1) <= 65_535 ? { host: v6 ?? name!, port: port === undefined ? null : Number(port) } : null
}

function readTracker(text: string): Result<string> {
  const found = /^(?:https?|udp|wss?):\/\/([^/?#]*)(?:[/?][!"$-~]*)?$/i.exec(text)
  return text.length <= MOST_TRACKER && found !== null && readHost(found[1]!) !== null
    ? ok(text)
    : refuse('tr', `it is an address of http, https, udp, ws or wss with at most ${MOST_TRACKER} characters, without user and fragment`)
}

function readPeer(text: string): Result<PeerHint> {
  const read = readHost(text)
  return read === null || read.port === null
    ? refuse('pe', 'it is host:port, where an IPv6 address stands in brackets')
    : ok({ host: read.host, port: read.port })
}

export const writePeer = ({ host, port }: PeerHint): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** Reads one field, already without percent signs, into the hints so far. Errors: `link.<field>`. */
export function readField(hints: LinkHints, field: LinkField, text: string): Result<LinkHints> {
  const once = <T>(known: T | undefined, read: Result<T>, take: (value: T) => LinkHints): Result<LinkHints> => {
    if (known !== undefined) return refuse(field, 'it stands there twice')
    return read.ok ? ok(take(read.value)) : read
  }
  const more = <T>(known: T[], most: number, read: Result<T>, take: (values: T[]) => LinkHints): Result<LinkHints> => {
    if (known.length === most) return refuse(field, `there are more than ${most}`)
    return read.ok ? ok(take([...known, read.value])) : read
  }
  switch (field) {
    case 'title':
      return once(hints.title, readTitle(text), (title) => ({ ...hints, title }))
    case 'ih':
      return once(hints.infohash, readInfohash(text), (infohash) => ({ ...hints, infohash }))
    case 'at':
      return once(hints.height, readHeight(text), (height) => ({ ...hints, height }))
    case 'tr':
      return more(hints.trackers, MOST_TRACKERS, readTracker(text), (trackers) => ({ ...hints, trackers }))
    case 'pe':
      return more(hints.peers, MOST_PEERS, readPeer(text), (peers) => ({ ...hints, peers }))
  }
}
