/**
 * A node as the command line sees it: the real page server (access, contract, events) before a core that says what a test wants. What a command sends is held
 * against the contract there, so that no command can send what no node would take.
 */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { CONTRACT, type CommandName, type EngagementView, type Overview, type RequestView } from '../../../../main/contract/index.ts'
import type { Io } from '../../../../main/hosts/cli/command.ts'
import { runCli } from '../../../../main/hosts/cli/main.ts'
import { startPageServer } from '../../../../main/hosts/headless/page/server.ts'
import { writeAccess } from '../../../../main/hosts/terminal/access-file.ts'
import type { SandboxCommandName } from '../../../../main/contract/sandbox.ts'
import { fail, must, ok, type Result } from '../../../../roles/protocol/result.ts'
import { createTold } from '../../../tools/told.ts'
import type { Ended } from '../golem.ts'

type Name = CommandName

export const TOKEN = 'a-token-of-24-characters'

export const OVERVIEW: Overview = {
  number: 1,
  node: { name: 'ann', network: 'regtest', wallet: 'open', balance: 0, problems: [] },
  chain: { network: 'regtest', backend: 'bitcoind', height: 120, hash: 'ab'.repeat(32), available: true },
  engagements: [],
  apps: [],
  requests: [],
}

export const engagement = (more: Partial<EngagementView>): EngagementView => ({
  id: '1a'.repeat(32),
  role: 'server',
  name: 'ann',
  app: '2b'.repeat(32),
  title: 'Our poll',
  key: null,
  state: 'grinding',
  detail: 'finding the proof of work',
  balance: 0,
  online: true,
  ...more,
})

export const requestView = (more: Partial<RequestView>): RequestView => ({
  id: '3c'.repeat(32),
  actor: '1a'.repeat(32),
  endpoint: 'vote',
  arguments: {},
  state: 'review',
  writes: [],
  servers: [],
  at: 0,
  ...more,
})

type Reply = (args: never) => Result<unknown> | Promise<Result<unknown>>

/** What the node answers; what is left out is a mistake of the test. */
export type Script = Partial<Record<Name | SandboxCommandName, Reply>>

export interface NodeDouble {
  folder: string
  home: string
  script: Script
  /** What was asked, in order. */
  calls: Array<{ name: string; args: unknown }>
  emit(event: 'changed' | 'log', payload: unknown): void
  /** What `overview` answers from now on, told as a change. @param lost nobody hears of it */
  show(next: Partial<Overview>, lost?: boolean): void
  /** Runs the command in this process. @param typed lines that a person types; columns: of the terminal */
  golem(args: string[], person?: { typed?: string[]; columns?: number; env?: Record<string, string>; ended?: AbortSignal }): Promise<Ended>
  close(): Promise<void>
}

export async function startNode(network = 'regtest'): Promise<NodeDouble> {
  const home = mkdtempSync(join(tmpdir(), 'golem-node-'))
  const folder = join(home, '.golem', network)
  mkdirSync(folder, { recursive: true })
  const calls: NodeDouble['calls'] = []
  const told = createTold(OVERVIEW)
  const script: Script = { overview: () => ok(told.overview()) }
  const assets = join(home, 'page')
  mkdirSync(assets)
  writeFileSync(join(assets, 'index.html'), '<!doctype html><title>Golem</title>')
  const core = {
    call: (name: string, args: unknown) => answer(name, args),
    subscribe: told.subscribe,
  }
  const page = await startPageServer({
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    assets,
    nodes: () => [{ id: 'mine', name: 'ann', core }],
    ...(network === 'sandbox' && { sandbox: answer }),
  })
  async function answer(name: string, args: unknown): Promise<Result<unknown>> {
    calls.push({ name, args })
    const reply = script[name as keyof Script]
    return reply === undefined ? fail('test.script', `The test says nothing of ${name}.`) : reply(args as never)
  }
  must(writeAccess(folder, { url: `http://127.0.0.1:${page.port}`, token: TOKEN, pid: process.pid, network, contract: CONTRACT }))
  return {
    folder,
    home,
    script,
    calls,
    emit: told.emit,
    show: (next, lost) => told.show({ ...told.overview(), ...next }, lost),
    golem: (args, person = {}) => run(home, args, person),
    async close() {
      await page.close()
      rmSync(home, { recursive: true })
    },
  }
}

export async function run(
  home: string,
  args: string[],
  { typed = [], columns, env = {}, ended = new AbortController().signal }: NonNullable<Parameters<NodeDouble['golem']>[1]> = {},
): Promise<Ended> {
  let [out, err] = ['', '']
  const lines = [...typed]
  const io: Io = {
    cwd: home,
    env: { HOME: home, ...env },
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    ask: (question, hidden) => {
      err += `${question}${hidden ? '(hidden)' : ''}\n`
      return Promise.resolve(lines.shift() ?? null)
    },
    columns: columns ?? null,
    ended,
  }
  return { code: await runCli(args, io), out, err }
}

export const write = (home: string, name: string, text: string): string => {
  writeFileSync(join(home, name), text, { mode: 0o600 })
  return name
}
