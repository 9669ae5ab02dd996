/** Serves the built renderer to the window under `golem://app/`, with a strict policy: nothing from elsewhere, no inline script. */
import { readFile } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import type { Parts, SessionPart } from './parts.ts'

export const scheme = 'golem'
export const origin = `${scheme}://app`

export const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const types = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.woff2', 'font/woff2'],
])

const headers = (type: string): Record<string, string> => ({
  'content-type': type,
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
})

const refuse = (status: number): Response => new Response('', { status, headers: headers('text/plain') })

/** The file that a URL names, or undefined when it lies outside the folder or is malformed. */
function fileOf(folder: string, url: string): string | undefined {
  try {
    const { pathname } = new URL(url)
    const file = resolve(join(folder, decodeURIComponent(pathname === '/' ? '/index.html' : pathname)))
    return file.startsWith(resolve(folder) + sep) && !file.includes('\0') ? file : undefined
  } catch {
    return undefined
  }
}

/** Answers one request of the page from the renderer's folder: 200, 400 (outside it), 404 or 405. */
export async function answerPage(folder: string, request: { url: string; method: string }): Promise<Response> {
  if (request.method !== 'GET') return refuse(405)
  if (!request.url.startsWith(`${origin}/`)) return refuse(400)
  const file = fileOf(folder, request.url)
  const type = file === undefined ? undefined : types.get(extname(file))
  if (file === undefined) return refuse(400)
  if (type === undefined) return refuse(404)
  const bytes = await readFile(file).catch(() => undefined)
  return bytes === undefined ? refuse(404) : new Response(new Uint8Array(bytes), { headers: headers(type) })
}

/** Has to run before the app is ready: makes the scheme an origin of its own, so that 'self' means the renderer's files. */
export function declareScheme(protocol: Parts['protocol']): void {
  protocol.registerSchemesAsPrivileged([{ scheme, privileges: { standard: true, secure: true, supportFetchAPI: false } }])
}

export function servePage(session: SessionPart, folder: string): void {
  session.protocol.handle(scheme, (request) => answerPage(folder, request))
}
