/** The nodes that answer behind one page: `GET /api/nodes` lists them, and `?node=<id>` in a command's or a stream's address names one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fail, ok, type Result } from '../../../core/index.ts'
import type { PageCore } from './commands.ts'
import { answerJson, refuse } from './headers.ts'

export interface PageNode {
  id: string
  /** For people. */
  name: string
  core: PageCore
}

/** All that there are now, the one first that is meant where none is named; never empty. */
export type PageNodes = () => readonly PageNode[]

/** Answers `{ id, name }` of each, in their order. */
export function serveNodes(nodes: PageNodes, request: IncomingMessage, response: ServerResponse): void {
  if (request.method !== 'GET') return refuse(request, response, 405, 'page.method', 'nodes: read them with GET.')
  answerJson(response, 200, ok(nodes().map(({ id, name }) => ({ id, name }))))
}

/** The node that an address names, the first where it names none. Code `page.node`. */
export function nodeOf(nodes: PageNodes, address: URL): Result<PageNode> {
  const all = nodes()
  const named = address.searchParams.get('node')
  const node = named === null ? all[0] : all.find(({ id }) => id === named)
  return node === undefined
    ? fail('page.node', `node: no node here is called «${(named ?? '').slice(0, 64)}»; GET /api/nodes lists those that are.`)
    : ok(node)
}
