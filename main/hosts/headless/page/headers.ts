/** The headers of every answer, and the two shapes that answers have. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Result } from '../../../core/index.ts'

/** Nothing but the page's own files may run, load or be reached; no frame may hold the page and no form may leave it. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const always = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'cache-control': 'no-store',
}

export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string | number>,
  body: string | Uint8Array = '',
): void {
  if (response.headersSent || response.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  response.writeHead(status, { ...always, 'content-length': bytes.byteLength, ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}

export function answerJson(response: ServerResponse, status: number, result: Result<unknown>, headers: Record<string, string> = {}): void {
  answer(response, status, { 'content-type': 'application/json; charset=utf-8', ...headers }, JSON.stringify(result))
}

/** A refusal ends the connection after it, so that an unread body is never taken for the next request. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string, message: string): void {
  answerJson(response, status, { ok: false, error: { code, message, retryable: false } }, { connection: 'close' })
  response.once('finish', () => request.destroy())
}

/** Opens a stream that the caller writes to; the headers are the same as everywhere. */
export function openStream(response: ServerResponse): void {
  response.writeHead(200, { ...always, 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
}
