/**
 * Who may talk to the page's server. The printed address carries the token once, in its query; opening it exchanges the token for an
 * HttpOnly cookie that no request of another site carries. Programs send the token in a header, which no other site can without being asked first. Host and Origin are checked on every request, so that neither a rebound DNS name nor another page on this
 * machine can use the cookie.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { fail, ok, type Result } from '../../../core/index.ts'

export interface Access {
  /** Whether the request comes from this machine's own page. Codes `page.host`, `page.origin`. */
  source(request: IncomingMessage): Result<void>
  /** Whether it carries the session cookie, as the page does, or the token itself (RFC 6750), as the command line does. */
  knows(request: IncomingMessage): boolean
  /** The cookie to set when the address carries the right token, else null. */
  exchange(token: string): string | null
}

/** Compares without telling by the time taken where two texts differ: both are hashed to equal length first. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'golem/compare').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}

const bearerOf = ({ headers }: IncomingMessage): string | undefined => /^Bearer +([^ ]+)$/i.exec(headers.authorization ?? '')?.[1]

function checkSource(request: IncomingMessage, hosts: readonly string[]): Result<void> {
  const { host, origin } = request.headers
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return fail('page.host', `Host: this page answers to ${hosts[0]} only; open the address that Golem printed.`)
  }
  const site = request.headers['sec-fetch-site']
  const foreignSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  const navigation = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate'
  if ((origin !== undefined && origin !== `http://${host}`) || (foreignSite && !navigation)) {
    return fail('page.origin', 'Origin: another page may not use this one; open the address that Golem printed.')
  }
  return ok(undefined)
}

/**
 * @param token the secret of the printed address, at least 16 characters
 * @param port the port bound; it names the cookie, because cookies of 127.0.0.1 are shared by all ports
 */
export function createAccess(token: string, port: number): Access {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]
  const cookie = `golem-${port}`
  // Derived, so that the token itself is in no cookie jar and a restart with the same token keeps the open page alive.
  const session = createHmac('sha256', token).update('golem/page/session').digest('hex')
  return {
    source: (request) => checkSource(request, hosts),
    knows: (request) => {
      const bearer = bearerOf(request)
      return bearer === undefined ? equal(cookieOf(request, cookie) ?? '', session) : equal(bearer, token)
    },
    exchange: (given) => (equal(given, token) ? `${cookie}=${session}; HttpOnly; SameSite=Strict; Path=/` : null),
  }
}
