/** The page of the headless host: the built renderer and the command contract over HTTP on loopback, behind a token. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CONTRACT } from '../../../contract/index.ts'
import { isSandboxCommand } from '../../../contract/sandbox.ts'
import { type Access, createAccess } from './access.ts'
import { type Asset, loadAssets } from './assets.ts'
import { serveCommand, serveSandbox, type PageSandbox } from './commands.ts'
import { createEventStreams, type EventStreams, type StreamLimits, streamLimits } from './events.ts'
import { answer, refuse } from './headers.ts'
import { nodeOf, type PageNodes, serveNodes } from './nodes.ts'

export type { PageCore, PageSandbox } from './commands.ts'
export type { PageNode, PageNodes } from './nodes.ts'

export interface PageServerOptions {
  /** A loopback address; anything else is a bug of the caller. */
  host: '127.0.0.1'
  /** 0 lets the system pick one. */
  port: number
  /** Secret of the printed address: at least 16 characters of [A-Za-z0-9_-]. */
  token: string
  /** Folder of the built renderer (`dist/renderer`). */
  assets: string
  nodes: PageNodes
  /** Where the nodes are those of a sandbox. */
  sandbox?: PageSandbox
  limits?: Partial<StreamLimits>
}

export interface PageServer {
  /** The address to print and open, with the token. */
  url: string
  port: number
  /** Ends event streams and open connections. */
  close(): Promise<void>
}

interface Parts {
  access: Access
  assets: Map<string, Asset>
  streams: EventStreams
  nodes: PageNodes
  sandbox: PageSandbox | undefined
}

/** Browsers ask for an icon of their own accord, and complain of its absence. */
const NO_ICON = '<link rel="icon" href="data:,">'
const MESSAGE_401 =
  'This page needs the address that Golem printed in its terminal: it carries a token that this browser has not shown yet.'

/** A person gets a readable page, a program gets the same sentence as JSON. */
function unauthorized(request: IncomingMessage, response: ServerResponse): void {
  if (!(request.headers.accept ?? '').includes('text/html')) return refuse(request, response, 401, 'page.token', MESSAGE_401)
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">${NO_ICON}<title>Golem: address needed</title><h1>Open the printed address</h1><p>${MESSAGE_401}</p>`
  answer(response, 401, { 'content-type': 'text/html; charset=utf-8' }, html)
}

function serveAsset(assets: Map<string, Asset>, path: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(request, response, 405, 'page.method', 'Files are read with GET.')
  const asset = assets.get(path)
  if (asset === undefined) return refuse(request, response, 404, 'page.path', 'There is no such file in the page.')
  answer(response, 200, { 'content-type': asset.type }, asset.bytes)
}

/**
 * Asks for the clean start page anew, from this origin. A redirect would not do: on a link of another site the whole chain of redirects counts as
 * that site's, and the browser keeps a Strict cookie back. A refresh at once takes the place of this address in the history.
 */
function enterFromHere(response: ServerResponse, headers: Record<string, string> = {}): void {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8">${NO_ICON}<meta http-equiv="refresh" content="0;url=/"><title>Golem</title><p><a href="/">Open Golem</a></p></html>`
  answer(response, 200, { 'content-type': 'text/html; charset=utf-8', ...headers }, html)
}

/** Only the start page takes a token; the clean address that follows holds none, so none stays in the history or a screenshot. */
function tryToken(access: Access, url: URL, response: ServerResponse): boolean {
  const token = url.searchParams.get('token')
  const cookie = token === null || url.pathname !== '/' ? null : access.exchange(token)
  if (cookie === null) return false
  enterFromHere(response, { 'set-cookie': cookie })
  return true
}

/** A link of another site to the clean address comes without the cookie, which may be there all the same; asked from here it shows. */
const isForeignLink = (request: IncomingMessage, url: URL): boolean =>
  request.method === 'GET' &&
  url.pathname === '/' &&
  request.headers['sec-fetch-mode'] === 'navigate' &&
  request.headers['sec-fetch-dest'] === 'document' &&
  request.headers['sec-fetch-site'] === 'cross-site'

/** A program of another version is refused before it is misunderstood; the page comes from this host, and says nothing of it. */
const otherContract = (spoken: string): string =>
  `This node speaks version ${CONTRACT} of its contract, and the command ${spoken.slice(0, 20)}: update the older of the two, and start the node again.`

async function handle(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const source = parts.access.source(request)
  if (!source.ok) return refuse(request, response, 403, source.error.code, source.error.message)
  const url = URL.parse(request.url ?? '/', `http://${request.headers.host}`)
  if (url === null) return refuse(request, response, 400, 'page.path', 'The path cannot be read.')
  if (request.method === 'GET' && tryToken(parts.access, url, response)) return
  if (!parts.access.knows(request)) return isForeignLink(request, url) ? enterFromHere(response) : unauthorized(request, response)
  const spoken = request.headers['golem-contract']
  if (spoken !== undefined && spoken !== String(CONTRACT))
    return refuse(request, response, 409, 'page.contract', otherContract(String(spoken)))
  if (url.pathname.startsWith('/api/')) return serveApi(parts, url, request, response)
  serveAsset(parts.assets, url.pathname, request, response)
}

async function serveApi({ nodes, streams, sandbox }: Parts, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = url.pathname.slice('/api/'.length)
  if (name === 'nodes') return serveNodes(nodes, request, response)
  if (sandbox !== undefined && isSandboxCommand(name)) return serveSandbox(sandbox, name, request, response)
  const node = nodeOf(nodes, url)
  if (!node.ok) return refuse(request, response, 404, node.error.code, node.error.message)
  if (name === 'events') return streams.serve(node.value.core, url.searchParams.get('of'), request, response)
  return serveCommand(node.value.core, name, request, response)
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/** What fails before the server is of use ends it. */
function withServer<T>(server: Server, work: () => T): T {
  try {
    return work()
  } catch (error) {
    server.close()
    throw error
  }
}

function checkOptions({ host, token }: PageServerOptions): void {
  if (host !== '127.0.0.1') throw new Error(`the page is served on loopback only, not on ${host as string}`)
  if (!/^[A-Za-z0-9_-]{16,}$/.test(token)) throw new Error('the token has to be at least 16 characters of [A-Za-z0-9_-]')
}

/**
 * Starts the server. Rejects when the port is taken (`EADDRINUSE`) or when `assets` holds no index.html.
 *
 * @example
 * const page = await startPageServer({ host: '127.0.0.1', port: 0, token: randomBytes(24).toString('base64url'), assets: 'dist/renderer', nodes: () => [{ id: 'mine', name: 'Mine', core }] })
 * console.log(`golem: page at ${page.url}`)
 */
export async function startPageServer(options: PageServerOptions): Promise<PageServer> {
  checkOptions(options)
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 16 * 1024 })
  server.maxConnections = 128
  const port = await listen(server, options.port, options.host)
  const assets = withServer(server, () => loadAssets(options.assets))
  const streams = createEventStreams({ ...streamLimits, ...options.limits })
  const parts: Parts = { access: createAccess(options.token, port), assets, streams, nodes: options.nodes, sandbox: options.sandbox }
  server.on('request', (request, response) => {
    handle(parts, request, response).catch(() => response.destroy())
  })
  return {
    url: `http://127.0.0.1:${port}/?token=${options.token}`,
    port,
    close: () =>
      new Promise((resolve) => {
        streams.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
