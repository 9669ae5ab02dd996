import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LARGEST, LARGEST_PROGRAM } from '../../../../main/contract/command.ts'
import { CONTRACT } from '../../../../main/contract/index.ts'
import type { Result } from '../../../../roles/protocol/result.ts'
import { servePage, TOKEN as token, type ServedPage } from '../../../tools/page.ts'

const id = 'ab'.repeat(32)

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

let served: ServedPage
let page: ServedPage['page']
let calls: Array<{ name: string; args: unknown }>
let reply: (name: string) => Promise<Result<unknown>>

beforeEach(async () => {
  calls = []
  reply = async () => ({ ok: true, value: { fine: true } })
  const core = {
    call: (name: string, args: unknown) => (calls.push({ name, args }), reply(name)),
    subscribe: () => () => undefined,
  }
  const nodes = () => [{ id: 'first', name: 'The first', core }]
  const limits = { bufferBytes: 32 * 1024, readers: 2, stuckMs: 3_000 }
  served = await servePage({ nodes, limits }, { 'assets/index.js': 'export {}', 'secret.key': 'not for the page' })
  page = served.page
})

afterEach(() => served.close())

function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: page.port, path, method: options.method ?? 'GET', headers: options.headers },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => (body += part))
        response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(options.body)
  })
}

async function login(): Promise<string> {
  const answer = await ask(`/?token=${token}`)
  return answer.headers['set-cookie']![0]!.split(';')[0]!
}

async function command(name: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const cookie = await login()
  return ask(`/api/${name}`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

const errorOf = (answer: Answer): { code: string; message: string } =>
  (JSON.parse(answer.body) as { error: { code: string; message: string } }).error

describe('the token', () => {
  it('is exchanged for a cookie no script can read, and leaves the address', async () => {
    const answer = await ask(`/?token=${token}`)
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('<meta http-equiv="refresh" content="0;url=/">')
    expect(answer.body).not.toContain(token)
    expect([answer.headers['referrer-policy'], answer.headers['cache-control']]).toEqual(['no-referrer', 'no-store'])
    const cookie = answer.headers['set-cookie']![0]!
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/)
    expect(cookie).not.toContain(token)
    const start = await ask('/', { headers: { cookie: cookie.split(';')[0]! } })
    expect([start.status, start.body]).toEqual([200, '<!doctype html><title>Golem</title>'])
  })

  it.each([
    ['no token', '/', {}],
    ['a wrong token', '/?token=a-token-of-24-characterz', {}],
    ['a wrong cookie', '/', { cookie: 'golem-1=00' }],
    ['a token where no page starts', `/api/overview?token=${token}`, {}],
    ['no token on events', '/api/events', {}],
  ])('%s opens nothing', async (_, path, headers) => {
    const answer = await ask(path, { headers })
    expect(answer.status).toBe(401)
    expect(errorOf(answer).code).toBe('page.token')
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('refuses a command without cookie before reading it', async () => {
    const answer = await ask('/api/overview', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    expect(answer.status).toBe(401)
    expect(calls).toEqual([])
  })

  const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
  it('opens commands and events to a program that sends it in a header, and to nothing else that is sent there', async () => {
    const call = (authorization: string, more: Record<string, string> = {}) =>
      ask('/api/overview', { method: 'POST', headers: { 'content-type': 'application/json', authorization, ...more }, body: '{}' })
    expect(await call(`Bearer ${token}`)).toMatchObject({ status: 200 })
    expect(await call(`bearer  ${token}`)).toMatchObject({ status: 200 })
    for (const wrong of [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token}x`,
      `Bearer ${token} x`,
      `Basic ${token}`,
      token,
      `Bearer ${token.slice(1)}`,
    ])
      expect(await call(wrong), wrong).toMatchObject({ status: 401 })
    // A wrong token is not made good by a cookie that the browser adds.
    const cookie = await login()
    expect(await call('Bearer another-token-of-24-chars', { cookie })).toMatchObject({ status: 401 })
    // Nor may another site's page use the right one.
    expect(await call(`Bearer ${token}`, { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await call(`Bearer ${token}`, { 'sec-fetch-site': 'cross-site' })).toMatchObject({ status: 403 })
    expect(await call(`Bearer ${token}`, { host: 'evil.example' })).toMatchObject({ status: 403 })
    expect(calls).toHaveLength(2)
  })

  it('is of no use to a program that speaks another version of the contract', async () => {
    const call = (contract: string) =>
      ask('/api/overview', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'golem-contract': contract },
        body: '{}',
      })
    expect(await call(String(CONTRACT))).toMatchObject({ status: 200 })
    for (const other of [String(CONTRACT - 1), String(CONTRACT + 1), '', 'x'.repeat(1_000)]) {
      const refused = await call(other)
      expect(refused.status).toBe(409)
      expect(errorOf(refused).code).toBe('page.contract')
      expect(errorOf(refused).message.length).toBeLessThan(300)
    }
    expect(calls).toHaveLength(1)
  })

  it('a link of another site enters from here, once, and neither sets a cookie nor shows anything of the page', async () => {
    const answer = await ask('/', { headers: link })
    expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined])
    expect(answer.body).toContain('content="0;url=/"')
    expect(answer.body).not.toContain('<title>Golem</title>\n')
    const again = await ask('/', { headers: { ...link, 'sec-fetch-site': 'same-origin' } })
    expect([again.status, again.headers['set-cookie']]).toEqual([401, undefined])
    const wrong = await ask('/?token=a-token-of-24-characterz', { headers: link })
    expect(wrong.headers['set-cookie']).toBeUndefined()
  })

  it.each([
    ['in a frame', '/', { ...link, 'sec-fetch-dest': 'iframe' }],
    ['to a file', '/assets/index.js', link],
    ['to a command', '/api/overview', link],
    ['to events', '/api/events', link],
  ])('a link of another site %s stays outside', async (_, path, headers) => {
    expect((await ask(path, { headers })).status).toBe(401)
  })

  it('tells a person which address to open', async () => {
    const answer = await ask('/', { headers: { accept: 'text/html' } })
    expect(answer.status).toBe(401)
    expect(answer.body).toContain('address that Golem printed')
  })
})

describe('where a request comes from', () => {
  it('a rebound DNS name is refused even with the cookie', async () => {
    const answer = await ask('/', { headers: { cookie: await login(), host: `evil.example:${page.port}` } })
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'page.host'])
  })

  it('another port of loopback is another host', async () => {
    const answer = await ask('/', { headers: { cookie: await login(), host: '127.0.0.1:1' } })
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'page.host'])
  })

  it.each([
    ['another origin', { origin: 'http://127.0.0.1:1' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['a page of another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('%s may not call commands', async (_, headers) => {
    const answer = await command('overview', {}, headers)
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'page.origin'])
    expect(calls).toEqual([])
  })

  it('another page may not read events', async () => {
    const answer = await ask('/api/events', {
      headers: { cookie: await login(), 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' },
    })
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'page.origin'])
  })

  it('the page itself may call', async () => {
    const answer = await command('overview', {}, { origin: `http://127.0.0.1:${page.port}`, 'sec-fetch-site': 'same-origin' })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { ok: true, value: { fine: true } }])
    expect(calls).toEqual([{ name: 'overview', args: {} }])
  })
})

describe('files', () => {
  it('carry a strict policy and their type', async () => {
    const answer = await ask('/assets/index.js', { headers: { cookie: await login() } })
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(answer.headers['x-content-type-options']).toBe('nosniff')
    expect(answer.headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/)
    expect(answer.headers['content-security-policy']).not.toContain('unsafe')
  })

  it.each(['/secret.key', '/../secret.key', '/%2e%2e/package.json', '/assets/', '//evil.example/x'])('%s is not one', async (path) => {
    const answer = await ask(path, { headers: { cookie: await login() } })
    expect([answer.status, errorOf(answer).code]).toEqual([404, 'page.path'])
  })
})

describe('commands', () => {
  const aRead = { app: 'a', collection: 'posts', index: 'by', equals: [], limit: 1, descending: true }

  it('pass a range with one end on as it is, and leave none out', async () => {
    reply = async () => ({ ok: true, value: null })
    for (const range of [{ from: 7 }, { to: '9' }, { from: null, to: false }]) await command('use.read', { ...aRead, ...range })
    expect(calls).toEqual(
      [{ from: 7 }, { to: '9' }, { from: null, to: false }].map((range) => ({ name: 'use.read', args: { ...aRead, ...range } })),
    )
  })

  it('pass checked arguments to the core and its answer back', async () => {
    reply = async () => ({ ok: false, error: { code: 'wallet.funds', message: 'Funds are short.', retryable: false } })
    const answer = await command('use.approve', { id })
    expect(calls).toEqual([{ name: 'use.approve', args: { id } }])
    expect([answer.status, errorOf(answer).code]).toEqual([200, 'wallet.funds'])
  })

  it.each([
    ['use.approve', { id: 'zz' }, 'id has to be'],
    ['use.approve', {}, 'id is missing'],
    ['overview', { extra: 1 }, 'no field extra'],
    ['overview', '[1]', 'one object of fields'],
    ['use.read', { ...aRead, from: 'a', to: 'b', form: 'c' }, 'no field form'],
    ['use.request', { app: 'a', endpoint: 5, arguments: {} }, 'endpoint has to be'],
  ])('%s names the field that is wrong (%#)', async (name, body, words) => {
    const answer = await command(name, body)
    expect([answer.status, errorOf(answer).code]).toEqual([400, 'page.arguments'])
    expect(errorOf(answer).message).toContain(words)
    expect(calls).toEqual([])
  })

  it.each([
    ['not JSON', 'overview', '{', {}, 400, 'page.json'],
    ['no such command', 'toString', '{}', {}, 404, 'page.command'],
    ['a form of another page', 'overview', '{}', { 'content-type': 'text/plain' }, 415, 'page.type'],
    ['too large', 'overview', 'x'.repeat(LARGEST + 1), {}, 413, 'page.too-large'],
    ['too large without saying so', 'overview', 'x'.repeat(LARGEST + 1), { 'transfer-encoding': 'chunked' }, 413, 'page.too-large'],
    ['too large even for a program', 'publish', 'x'.repeat(LARGEST_PROGRAM + 1), {}, 413, 'page.too-large'],
  ])('%s is one clear error', async (_, name, body, headers, status, code) => {
    const answer = await command(name, body, headers)
    expect([answer.status, errorOf(answer).code]).toEqual([status, code])
    expect(calls).toEqual([])
  })

  it('take a program that is larger than the arguments of any other command', async () => {
    reply = async () => ({ ok: true, value: { id } })
    const program = { text: 'x'.repeat(LARGEST) }
    expect((await command('publish', { program })).status).toBe(200)
    expect(calls).toEqual([{ name: 'publish', args: { program } }])
  })

  it('a bug of the core does not leak and does not end the server', async () => {
    reply = async () => Promise.reject(new Error('secret path'))
    const answer = await command('overview', {})
    expect([answer.status, errorOf(answer).code]).toEqual([500, 'page.bug'])
    expect(answer.body).not.toContain('secret path')
    reply = async () => ({ ok: true, value: 1 })
    expect((await command('overview', {})).status).toBe(200)
  })
})
