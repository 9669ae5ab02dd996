/** `POST /api/<command>`: reads a bounded JSON body, checks it against the contract, and answers with the core's Result. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { readArguments, unknownCommand } from '../../../contract/arguments.ts'
import { commands, largestOf, type CommandName, type Subscribe } from '../../../contract/index.ts'
import type { SandboxCommandName } from '../../../contract/sandbox.ts'
import { fail, type Result } from '../../../core/index.ts'
import { decodeText } from '../../terminal/text-file.ts'
import { answerJson, refuse } from './headers.ts'

/** What the page needs of the core. */
export interface PageCore {
  call(name: CommandName, args: unknown): Promise<Result<unknown>>
  subscribe: Subscribe
}

/** Who answers the commands about the sandbox itself, where there is one. */
export type PageSandbox = (name: SandboxCommandName, args: unknown) => Promise<Result<unknown>>

type Body = { ok: true; bytes: Buffer } | { ok: false }

/** Counts what arrives instead of trusting Content-Length, and stops reading at the bound. */
async function readBody(request: IncomingMessage, largest: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > largest) return { ok: false }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength
    if (size > largest) return { ok: false }
    chunks.push(chunk)
  }
  return { ok: true, bytes: Buffer.concat(chunks) }
}

/** Parses and validates; codes `page.json`, `page.arguments`. */
export function parseArguments(name: CommandName | SandboxCommandName, text: string): Result<unknown> {
  let json: unknown
  try {
    json = JSON.parse(text === '' ? '{}' : text)
  } catch {
    return fail('page.json', `${name}: the body is not JSON; send one JSON object with the arguments.`)
  }
  return readArguments('page.arguments', name, json)
}

const isCommand = (name: string): name is CommandName => Object.hasOwn(commands, name)

async function answered(name: string, call: () => Promise<Result<unknown>>): Promise<Result<unknown>> {
  try {
    return await call()
  } catch {
    return fail('page.bug', `${name}: Golem failed unexpectedly; the log of the process says where. Your data is unchanged or on disk.`)
  }
}

/** Status 200 with the core's Result, whatever it says; 4xx when the call never reached the core; 500 for a bug. */
export function serveCommand(core: PageCore, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> | void {
  if (!isCommand(name)) return refuse(request, response, 404, 'page.command', unknownCommand('page.command', name).error.message)
  return serveCall({ name, call: (args) => core.call(name, args) }, request, response)
}

/** The same for a command about the sandbox itself. */
export function serveSandbox(
  sandbox: PageSandbox,
  name: SandboxCommandName,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  return serveCall({ name, call: (args) => sandbox(name, args) }, request, response)
}

interface Called {
  name: CommandName | SandboxCommandName
  call(args: unknown): Promise<Result<unknown>>
}

async function serveCall({ name, call }: Called, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') return refuse(request, response, 405, 'page.method', `${name}: call commands with POST.`)
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return refuse(request, response, 415, 'page.type', `${name}: Content-Type has to be application/json.`)
  }
  const largest = largestOf(name)
  const body = await readBody(request, largest)
  if (!body.ok) return refuse(request, response, 413, 'page.too-large', `${name}: the body is larger than ${largest} bytes; send less.`)
  const text = decodeText(body.bytes, `${name}: the body`)
  const args = text.ok ? parseArguments(name, text.value) : text
  if (!args.ok) return answerJson(response, 400, args)
  const result = await answered(name, () => call(args.value))
  answerJson(response, !result.ok && result.error.code === 'page.bug' ? 500 : 200, result)
}
