/**
 * The link of an app: `golem:<network>/<app id>?<hints>` (PROTOCOL.md 16.1). It opens an app from a web page, a message or a QR code. The app id says which app it is,
 * and everything of the app is held against it; hints only say where to look first, so that a wrong one costs time and nothing else.
 */
import { ok, type Result } from '../result.ts'
import type { Network } from '../tx/index.ts'
import { readField, refuse, writePeer, type LinkField, type LinkHints } from './fields.ts'

export type AppNetwork = 'sandbox' | Network
const NETWORKS: ReadonlySet<string> = new Set<AppNetwork>(['sandbox', 'regtest', 'signet', 'testnet4', 'mainnet'])

export interface AppLink extends LinkHints {
  network: AppNetwork
  /** App id: the digest of the first offer. */
  app: string
}

/** Characters of a link. */
export const MOST_LINK = 2_000
const MOST_FIELDS = 64

const FORM = /^golem:([a-z0-9]+)\/([^?/]*)(?:\?([\s\S]*))?$/i

const FIELDS: ReadonlySet<string> = new Set<LinkField>(['title', 'ih', 'at', 'tr', 'pe'])

/** Whether somebody means a link, right or not. */
export const looksLikeLink = (text: string): boolean => /^\s*golem:/i.test(text)

/**
 * Reads a link as people paste it: with spaces around it, and in upper case where a QR code likes that. Fields that nobody knows are passed over.
 * Errors: `link.form`, `link.network`, `link.app`, `link.title`, `link.ih`, `link.at`, `link.tr`, `link.pe`; `details.field` names the part.
 */
export function readLink(text: string): Result<AppLink> {
  if (text.length > MOST_LINK + 100 || text.trim().length > MOST_LINK) return refuse('form', `has more than ${MOST_LINK} characters`)
  const link = text.trim()
  const found = FORM.exec(link)
  if (found === null || !/^[!-~]+$/.test(link) || link.includes('#'))
    return refuse('form', 'has the form golem:<network>/<app id>?<hints>, in ASCII without spaces')
  const [, network, app, query = ''] = found as unknown as [string, string, string, string?]
  if (!NETWORKS.has(network.toLowerCase())) return refuse('network', `it is one of ${[...NETWORKS].join(', ')}`)
  if (!/^[0-9a-f]{64}$/i.test(app)) return refuse('app', 'it is 64 hex digits')
  const hints = readHints(query)
  return hints.ok ? ok({ network: network.toLowerCase() as AppNetwork, app: app.toLowerCase(), ...hints.value }) : hints
}

function readHints(query: string): Result<LinkHints> {
  const fields = query.split('&').filter((field) => field !== '')
  if (fields.length > MOST_FIELDS) return refuse('form', `has more than ${MOST_FIELDS} fields`)
  let hints: LinkHints = { trackers: [], peers: [] }
  for (const field of fields) {
    const at = field.includes('=') ? field.indexOf('=') : field.length
    const name = field.slice(0, at).toLowerCase()
    if (!FIELDS.has(name)) continue
    const text = decoded(field.slice(at + 1))
    if (text === null) return refuse(name as LinkField, 'its percent signs do not stand for UTF-8')
    const read = readField(hints, name as LinkField, text)
    if (!read.ok) return read
    hints = read.value
  }
  return ok(hints)
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

/** All but what RFC 3986 calls unreserved, and what makes addresses readable. */
const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')
    .replaceAll('%2F', '/')

/**
 * Writes a link in its one form: title, infohash, height, trackers, peers. Peers and then trackers that do not fit are left out, the last first.
 * Errors: those of `readLink`, for a part that may not stand in a link.
 */
export function writeLink({ network, app, ...hints }: AppLink): Result<string> {
  const { title, infohash, height, trackers, peers } = hints
  const fields: Array<[LinkField, string]> = []
  if (title !== undefined) fields.push(['title', title])
  if (infohash !== undefined) fields.push(['ih', infohash])
  if (height !== undefined) fields.push(['at', String(height)])
  fields.push(...trackers.map((tracker): [LinkField, string] => ['tr', tracker]))
  fields.push(...peers.map((peer): [LinkField, string] => ['pe', writePeer(peer)]))
  let known: LinkHints = { trackers: [], peers: [] }
  for (const [field, value] of fields) {
    const read = readField(known, field, value)
    if (!read.ok) return read
    known = read.value
  }
  const parts = fields.map(([field, value]) => `${field}=${encoded(value)}`)
  const whole = (): string => `golem:${network}/${app}${parts.length === 0 ? '' : `?${parts.join('&')}`}`
  while (whole().length > MOST_LINK) parts.pop()
  const read = readLink(whole())
  return read.ok ? ok(whole()) : read
}
