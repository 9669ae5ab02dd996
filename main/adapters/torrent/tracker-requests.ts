/**
 * How trackers are asked over HTTP (BEP 3, 23): bounded in size and time, without redirects, and, for those that strangers name, at public addresses only.
 * The library's own reads answers of any length, and ends the process at one that breaks off or has other types than it should.
 */
import TrackerClient from 'bittorrent-tracker'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { bdecode, type Bdecoded } from './bdecode.ts'

/** Which addresses strangers may have this node connect to: those of the public internet. */
export interface Reach {
  isPublic(address: string): boolean
  /** Looks a name up, and answers with its public addresses only. */
  lookup: LookupFunction
}

/** What a client of trackers is given as `proxyOpts`, which reaches all that make one. */
export interface Asking {
  golem: { reachOf(announceUrl: string): Reach | undefined }
}

type Done = (error: Error | null, answer?: Record<string, unknown>) => void
interface HttpTracker {
  announceUrl: string
  destroyed: boolean
  client: { _proxyOpts?: Partial<Asking>; userAgent?: string; _userAgent?: string }
  cleanupFns: (() => void)[]
  maybeDestroyCleanup: (() => void) | null
  _request(url: string, params: Record<string, unknown>, done: Done): void
}

const [MOST_BYTES, TIMEOUT_MS, MOST_PEERS] = [256 << 10, 15_000, 200]
/** Seconds. */
const [SHORTEST, LONGEST] = [1, 86_400]

let bound = false

/** From now on all HTTP trackers of this process are asked so; again is harmless. */
export function boundTrackers(): void {
  if (bound) return
  bound = true
  const sample = new TrackerClient({
    infoHash: '0'.repeat(40),
    peerId: '0'.repeat(40),
    announce: ['http://127.0.0.1:1/announce'],
    port: 1,
    wrtc: false,
  })
  const prototype = Object.getPrototypeOf((sample as unknown as { _trackers: HttpTracker[] })._trackers[0]) as HttpTracker
  prototype._request = function (this: HttpTracker, url, params, done) {
    ask(this, `${url}${url.includes('?') ? '&' : '?'}${queryOf(params)}`, done)
  }
  sample.destroy(() => undefined)
}

/** Binary values are strings of one character a byte, which `encodeURIComponent` would make two of. */
const queryOf = (params: Record<string, unknown>): string =>
  Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== null)
    .flatMap(([name, value]) => (Array.isArray(value) ? (value as unknown[]) : [value]).map((one) => `${name}=${escaped(String(one))}`))
    .join('&')
const escaped = (text: string): string =>
  text.replace(/[^A-Za-z0-9._~-]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

function ask(tracker: HttpTracker, address: string, done: Done): void {
  const { client, announceUrl } = tracker
  const url = URL.parse(address)
  const reach = client._proxyOpts?.golem?.reachOf(announceUrl)
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? ''
  if (url === null || (reach !== undefined && isIP(host) !== 0 && !reach.isPublic(host)))
    return done(new Error(`tracker ${announceUrl} is not at a public address`))
  let ended = false
  const end = (error: Error | null, bytes?: Buffer): void => {
    if (ended) return
    ended = true
    clearTimeout(timer)
    tracker.cleanupFns.splice(tracker.cleanupFns.indexOf(stop), 1)
    message.destroy()
    tracker.maybeDestroyCleanup?.()
    if (tracker.destroyed && error === null) return
    answer(announceUrl, error, bytes, done)
  }
  const stop = (): void => end(new Error('stopped'))
  const make = url.protocol === 'https:' ? requestHttps : requestHttp
  const message = make(url, { agent: false, headers: { 'user-agent': client._userAgent ?? '' }, ...(reach && { lookup: reach.lookup }) })
  const timer = setTimeout(() => end(new Error(`tracker ${announceUrl} did not answer`)), TIMEOUT_MS).unref()
  tracker.cleanupFns.push(stop)
  message.on('error', (error) => end(new Error(`tracker ${announceUrl} failed: ${error.message}`)))
  message.on('response', (response) => {
    if (response.statusCode !== 200) return end(new Error(`tracker ${announceUrl} answers with status ${response.statusCode}`))
    const pieces: Buffer[] = []
    let size = 0
    response.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > MOST_BYTES) end(new Error(`the answer of tracker ${announceUrl} is too long`))
      else pieces.push(piece)
    })
    response.on('error', (error) => end(new Error(`tracker ${announceUrl} failed: ${error.message}`)))
    response.on('end', () => end(null, Buffer.concat(pieces)))
  })
  message.end()
}

function answer(announceUrl: string, error: Error | null, bytes: Buffer | undefined, done: Done): void {
  if (error !== null) return done(error)
  let understood: Record<string, unknown>
  try {
    understood = understand(bdecode(bytes!))
  } catch (fault) {
    return done(new Error(`the answer of tracker ${announceUrl} is malformed: ${(fault as Error).message}`))
  }
  const refusal = understood['failure reason']
  if (typeof refusal === 'string') done(new Error(`tracker ${announceUrl} refuses: ${refusal}`))
  else done(null, understood)
}

/** What the library reads of an answer, in the types that it believes in. @throws where it is no answer */
export function understand(data: Bdecoded): Record<string, unknown> {
  if (!(data instanceof Map)) throw new Error('it is no dictionary')
  const number = (map: Map<string, Bdecoded>, name: string): number | undefined => {
    const value = map.get(name)
    return typeof value === 'number' && value >= 0 ? value : undefined
  }
  const counts = (map: Map<string, Bdecoded>): Record<string, number> => ({
    complete: number(map, 'complete') ?? 0,
    incomplete: number(map, 'incomplete') ?? 0,
  })
  const refusal = data.get('failure reason')
  if (refusal !== undefined)
    return { 'failure reason': Buffer.isBuffer(refusal) ? refusal.toString('utf8').slice(0, 200) : 'for no reason' }
  const files = data.get('files')
  if (files instanceof Map)
    return {
      files: Object.fromEntries(
        [...files].slice(0, MOST_PEERS).flatMap(([hash, file]) => (file instanceof Map ? [[hash, counts(file)]] : [])),
      ),
    }
  const interval = number(data, 'interval') ?? number(data, 'min interval')
  const id = data.get('tracker id')
  return {
    ...counts(data),
    ...(interval === undefined || interval === 0 ? {} : { interval: Math.min(LONGEST, Math.max(SHORTEST, interval)) }),
    ...(Buffer.isBuffer(id) && id.length <= 100 ? { 'tracker id': id.toString('latin1') } : {}),
    peers: peersOf(data.get('peers'), 6),
    peers6: peersOf(data.get('peers6'), 18),
  }
}

/** Compact peers as they are, others as their own form has them; not all that there may be. */
function peersOf(value: Bdecoded | undefined, bytes: number): unknown {
  if (Buffer.isBuffer(value)) return value.subarray(0, Math.min(MOST_PEERS, Math.floor(value.length / bytes)) * bytes)
  if (!Array.isArray(value)) return []
  return value.slice(0, MOST_PEERS).flatMap((peer) => {
    const [ip, port] = peer instanceof Map ? [peer.get('ip'), peer.get('port')] : []
    return Buffer.isBuffer(ip) && isIP(ip.toString('latin1')) !== 0 && typeof port === 'number' && port > 0 && port < 65_536
      ? [{ ip: ip.toString('latin1'), port }]
      : []
  })
}
