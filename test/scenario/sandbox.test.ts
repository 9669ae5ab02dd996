/** The sandbox as `npm start` runs it: the own node here, all others in one real process, which is killed on the way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, expect, it } from 'vitest'
import type { CommandArgs, CommandName, CommandResult, Overview, RequestView } from '../../main/contract/index.ts'
import { seen } from '../../main/contract/seen.ts'
import { waitFor, type Found } from '../../main/hosts/headless/network/patience.ts'
import { createSandbox } from '../../main/hosts/sandbox/sandbox.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { GUESTBOOK } from './harness.ts'
import { sampleApp } from '../simulation/network/cast.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-sandbox-'))
const lines: string[] = []
const noted = { log: (level: string, message: string) => void lines.push(`${level} ${message}`) }
const sandbox = createSandbox({
  folder,
  program: GUESTBOOK,
  title: 'Guestbook',
  servers: 3,
  blockMs: 300,
  tickBlocks: 3,
  logLevel: 'warn',
  output: (name, text) => void lines.push(`${name}: ${text}`),
  log: noted,
  ownLog: noted,
})
afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function call<N extends CommandName>(node: string, name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
  const { core } = sandbox.nodes().find(({ id }) => id === node)!
  return must((await core.call(name, args)) as Result<CommandResult<N>>)
}

it('the own node uses the app by itself; what it writes is counted, and survives the end of all others', async () => {
  expect(sandbox.nodes().map(({ id }) => id)).toEqual(['you', 'bob', 'supervisor', 'server-1', 'server-2', 'server-3'])
  const network = await sandbox.start()
  const until = <T>(what: string, look: (view: Overview) => Found<T> | Promise<Found<T>>): Promise<T> =>
    waitFor(what, async () => look(await call('you', 'overview', {})), { moved: network.moved, state: () => lines.slice(-20).join('\n') })
  const request = (id: string, states: RequestView['state'][]): Promise<RequestView> =>
    until(`the request to be ${states.join(' or ')}`, ({ requests }) => requests.find((one) => one.id === id && states.includes(one.state)))

  const { id: app } = await until('the own node to be ready', (view) =>
    seen(view).actors.find((one) => one.state === 'ready' && (one.freeKeys['posts'] ?? 0) > 0),
  )
  const { id } = await call('you', 'use.request', { app, endpoint: 'post', arguments: { topic: 'sand', text: 'written in it' } })
  expect(await request(id, ['review', 'failed'])).toMatchObject({ state: 'review' })
  await call('you', 'use.approve', { id })
  const counted = await request(id, ['counted', 'rejected', 'failed'])
  expect(counted.state).toBe('counted')

  // The servers have a job each, so nobody joins it: it holds no block of the one that runs.
  await call('you', 'publish', { program: sampleApp('poll') as never, title: 'Alone', terms: { tickBlocks: 3 } })
  const { number } = await until('an app beside it that waits for servers', (view) => {
    const alone = view.engagements.find(({ title }) => title === 'Alone')
    return alone?.state === 'gathering' && alone.tick?.state === 'waiting for servers' && seen(view).tick
  })
  await until('three more ticks', (view) => (seen(view).tick?.number ?? 0) >= number + 3)
  expect(lines.filter((line) => line.includes('no longer waits'))).toEqual([])

  const others = ['bob', 'supervisor', 'server-1', 'server-2', 'server-3']
  const pidOf = (name: string): number => network.participants.get(name)!.pid
  const before = pidOf('bob')
  expect(others.map(pidOf)).toEqual(others.map(() => before))
  expect(pidOf('you')).toBe(process.pid)
  process.kill(before, 'SIGKILL')
  const again = (name: string): boolean => network.participants.get(name)!.running && pidOf(name) !== before
  await until('all others to be there again', () => others.every(again))
  expect(new Set(others.map(pidOf)).size).toBe(1)
  const newer = await until('a tick after that', (view) => (seen(view).tick?.number ?? 0) > counted.tick! + 1 && seen(view).tick)
  expect(newer.state).toBe('running')

  const question = { collection: 'posts', index: 'byTopic', equals: ['sand'], limit: 10, descending: true }
  const rows = await until('bob to read it', async () => {
    const [used] = (await call('bob', 'overview', {})).apps
    const read = used === undefined ? null : await call('bob', 'use.read', { ...question, app: used.id })
    return read !== null && read.tick >= counted.tick! && read
  })
  expect(rows).toMatchObject({ proved: true, rows: [{ text: 'written in it' }] })
})
