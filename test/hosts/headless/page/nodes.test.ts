/** Several nodes behind one page. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../../../../roles/protocol/result.ts'
import { waitFor } from '../../../../main/hosts/headless/network/patience.ts'
import type { PageNode } from '../../../../main/hosts/headless/page/server.ts'
import { servePage, TOKEN, type ServedPage } from '../../../tools/page.ts'

interface Double {
  node: PageNode
  calls: string[]
  listeners: Set<(event: string, payload: unknown) => void>
  say(message: string): void
}

function double(id: string, name: string): Double {
  const calls: string[] = []
  const listeners: Double['listeners'] = new Set()
  const core: PageNode['core'] = {
    call: async (command) => (calls.push(command), { ok: true, value: name }),
    subscribe: (_, listener) => (listeners.add(listener), () => void listeners.delete(listener)),
  }
  return { node: { id, name, core }, calls, listeners, say: (message) => listeners.forEach((listener) => listener('log', { message })) }
}

let served: ServedPage
let page: ServedPage['page']
let first: Double
let other: Double
let cookie: string

beforeEach(async () => {
  first = double('first', 'The first')
  other = double('b/2', 'The other')
  served = await servePage({ nodes: () => [first.node, other.node], limits: { readers: 2 } })
  page = served.page
  cookie = (await fetch(page.url)).headers.get('set-cookie')!.split(';')[0]!
})

afterEach(() => served.close())

const ask = (path: string, options: RequestInit = {}): Promise<Response> =>
  fetch(`http://127.0.0.1:${page.port}${path}`, { ...options, headers: { cookie, 'content-type': 'application/json' } })
const post = (path: string): Promise<Response> => ask(path, { method: 'POST', body: '{}' })
const errorOf = async (answer: Response): Promise<{ code: string; message: string }> =>
  ((await answer.json()) as { error: { code: string; message: string } }).error

it('are listed by id and name, the first one first, for whoever has the token', async () => {
  expect(await (await ask('/api/nodes')).json()).toEqual({
    ok: true,
    value: [
      { id: 'first', name: 'The first' },
      { id: 'b/2', name: 'The other' },
    ],
  })
  expect(await errorOf(await post('/api/nodes'))).toMatchObject({ code: 'page.method' })
  cookie = ''
  expect((await ask('/api/nodes')).status).toBe(401)
})

it('a command goes to the one that its address names, and to the first where it names none', async () => {
  const answers = [await post('/api/overview?node=b%2F2'), await post('/api/overview'), await post('/api/log?node=first')]
  expect(await Promise.all(answers.map((answer) => answer.json()))).toMatchObject([
    { ok: true, value: 'The other' },
    { ok: true, value: 'The first' },
    { ok: false, error: { code: 'page.arguments' } },
  ])
  expect([other.calls, first.calls]).toEqual([['overview'], ['overview']])
})

it.each(['/api/overview?node=gone', '/api/events?node=gone', '/api/overview?node='])(
  '%s: one that is not there is refused',
  async (path) => {
    const answer = await (path.includes('events') ? ask(path) : post(path))
    const error = await errorOf(answer)
    expect([answer.status, error.code]).toEqual([404, 'page.node'])
    expect(error.message).toContain('GET /api/nodes')
    expect([...first.calls, ...other.calls, ...first.listeners, ...other.listeners]).toEqual([])
  },
)

it('a stream has the events of its node alone, streams are bounded together, and a node that nobody reads is not heard', async () => {
  const stop = new AbortController()
  expect(first.listeners.size).toBe(0)
  const streams = [
    await ask('/api/events?node=first', { signal: stop.signal }),
    await ask('/api/events?node=b%2F2', { signal: stop.signal }),
  ]
  expect([first.listeners.size, other.listeners.size]).toEqual([1, 1])
  other.say('of the other')
  first.say('of the first')
  for (const [at, message] of ['of the first', 'of the other'].entries()) {
    const reader = streams[at]!.body!.pipeThrough(new TextDecoderStream()).getReader()
    let seen = ''
    while (!seen.includes('"message"')) seen += (await reader.read()).value
    expect(seen.match(/"message":"[^"]*"/g)).toEqual([`"message":"${message}"`])
  }
  expect(await errorOf(await ask('/api/events?node=b%2F2'))).toMatchObject({ code: 'page.readers' })
  stop.abort()
  await waitFor('both streams to end', async () => first.listeners.size + other.listeners.size === 0)
})

describe('the commands of a sandbox', () => {
  it('are answered beside those of the nodes, with their arguments checked', async () => {
    const asked: unknown[] = []
    const sandbox = async (name: string, args: unknown) => (asked.push([name, args]), ok('done'))
    const another = await servePage({ nodes: () => [first.node], sandbox })
    const tell = (path: string, body: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${another.page.port}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
        body,
      })
    expect(await (await tell('/api/sandbox.mine', '{"blocks":2}')).json()).toEqual({ ok: true, value: 'done' })
    expect((await errorOf(await tell('/api/sandbox.pace', '{"blockMs":3}'))).message).toBe(
      'sandbox.pace: blockMs has to be 0 or a whole number from 50 to 3600000, not 3. Correct it, and send it again.',
    )
    expect(await errorOf(await tell('/api/sandbox.mine', '{"blocks":21}'))).toMatchObject({ code: 'page.arguments' })
    expect(await errorOf(await tell('/api/sandbox.else', '{}'))).toMatchObject({ code: 'page.command' })
    expect(asked).toEqual([['sandbox.mine', { blocks: 2 }]])
    await another.close()
  })

  it('are unknown where there is none', async () => {
    const answer = await post('/api/sandbox.status')
    expect([answer.status, (await errorOf(answer)).code]).toEqual([404, 'page.command'])
  })
})
