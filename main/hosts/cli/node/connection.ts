/** Talking to a node that runs on this computer: commands of the contract over HTTP on loopback, and its events. */
import { request, type IncomingMessage } from 'node:http'
import { CONTRACT, type CommandArgs, type CommandName, type CommandResult, type EventName, type Events } from '../../../contract/index.ts'
import type { SandboxArgs, SandboxCommandName, SandboxResult } from '../../../contract/sandbox.ts'
import { fail, failForNow, type Failure, type Result } from '../../../../roles/protocol/result.ts'
import { basename, dirname } from 'node:path'
import { readAccess, type NodeAccess } from '../../terminal/access-file.ts'
import { noNode, startOf, whichNode, type Named, type Place } from '../../terminal/nodes.ts'

export interface Node {
  folder: string
  network: string
  /** The folder of the sandbox that it is in; its own where it is in none. */
  sandbox: string
  /** Errors: `node.gone`, `node.token`, `page.*`, those of the command. */
  call<N extends CommandName>(name: N, args: CommandArgs<N>): Promise<Result<CommandResult<N>>>
  /** A command about the sandbox itself. Errors: the same. */
  sandboxCall<N extends SandboxCommandName>(name: N, args: SandboxArgs<N>): Promise<Result<SandboxResult<N>>>
  /**
   * Tells what is wanted of what happens until `signal` is aborted; `opened` is called when nothing is missed any more.
   * @returns why it ended otherwise: `node.gone`, `node.token`, `page.readers`
   */
  events<E extends EventName>(
    wanted: readonly E[],
    listener: (name: E, payload: Events[E]) => void,
    signal: AbortSignal,
    opened?: () => void,
  ): Promise<Failure | null>
}

/** Errors: `node.absent`, `node.several`, `node.access`. */
export function findNode(place: Place, named: Named): Result<Node> {
  const folder = whichNode(place, named)
  if (!folder.ok) return folder
  const access = readAccess(folder.value)
  if (!access.ok) return access
  if (access.value === null) return noNode(folder.value)
  const at = access.value
  return {
    ok: true,
    value: {
      folder: folder.value,
      network: at.network,
      sandbox: basename(folder.value) === at.node ? dirname(folder.value) : folder.value,
      call: (name, args) => post(at, folder.value, name, args) as never,
      sandboxCall: (name, args) => post(at, folder.value, name, args) as never,
      events: (wanted, listener, signal, opened) =>
        follow(at, folder.value, { wanted, tell: listener as Following['tell'], opened }, signal),
    },
  }
}

const headersOf = ({ token }: NodeAccess) => ({
  authorization: `Bearer ${token}`,
  'golem-contract': String(CONTRACT),
  accept: 'application/json',
})

function addressIn({ url, node }: NodeAccess, what: string, words: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...words, ...(node === undefined ? {} : { node }) })
  return `${url}/api/${what}${query.size === 0 ? '' : `?${query}`}`
}

const gone = (folder: string, why: string): Failure =>
  failForNow(
    'node.gone',
    `The node in ${folder} does not answer (${why}). If it is not starting, end it and start it again: ${startOf(folder)}`,
  ).error

const refusedToken = (folder: string): Failure =>
  fail(
    'node.token',
    `The node in ${folder} does not know the token of its access.json: another node answers at its address. Start it again.`,
  ).error

/** What the node answers, within the bound; it may take as long as it likes. */
function post(access: NodeAccess, folder: string, name: string, args: unknown): Promise<Result<unknown>> {
  return new Promise((resolve) => {
    const lost = (error: Error): void => resolve({ ok: false, error: gone(folder, (error as NodeJS.ErrnoException).code ?? error.message) })
    const asking = request(
      addressIn(access, name),
      { method: 'POST', headers: { ...headersOf(access), 'content-type': 'application/json' } },
      (response) => {
        textOf(response).then((text) => resolve(resultOf(folder, response, text)), lost)
      },
    )
    asking.on('error', lost)
    asking.end(JSON.stringify(args))
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces).toString('utf8')
}

function resultOf(folder: string, { statusCode = 0 }: IncomingMessage, text: string): Result<unknown> {
  if (statusCode === 401) return { ok: false, error: refusedToken(folder) }
  try {
    const result = JSON.parse(text) as Result<unknown>
    if (typeof result === 'object' && typeof result.ok === 'boolean') return result
  } catch {
    // Said below.
  }
  return { ok: false, error: gone(folder, `status ${statusCode}, and nothing that a node says`) }
}

interface Following {
  wanted: readonly EventName[]
  tell: (name: string, payload: unknown) => void
  opened: (() => void) | undefined
}

/** Server-Sent Events (WHATWG HTML 9.2), as the node sends them: one line of data for each. */
function follow(access: NodeAccess, folder: string, { wanted, tell, opened }: Following, signal: AbortSignal): Promise<Failure | null> {
  return new Promise((resolve) => {
    const lost = (why: string): void => resolve(signal.aborted ? null : gone(folder, why))
    const asking = request(addressIn(access, 'events', { of: wanted.join() }), { headers: headersOf(access), signal }, (response) => {
      if (response.statusCode !== 200) {
        textOf(response).then(
          (text) => {
            const refused = resultOf(folder, response, text)
            resolve(refused.ok ? gone(folder, `status ${response.statusCode}`) : refused.error)
          },
          (error: Error) => lost(error.message),
        )
        return
      }
      opened?.()
      let rest = ''
      response.setEncoding('utf8')
      response.on('data', (piece: string) => {
        const frames = (rest + piece).split('\n\n')
        rest = frames.pop()!
        for (const frame of frames) {
          const found = /^event: (\w+)\ndata: (.*)$/m.exec(frame)
          if (found !== null) tell(found[1]!, JSON.parse(found[2]!))
        }
      })
      response.on('end', () => lost('it ended'))
      response.on('error', (error) => lost(error.message))
    })
    asking.on('error', (error: NodeJS.ErrnoException) => lost(error.code ?? error.message))
    asking.end()
  })
}
