/** `GET /api/events`: what happens, to pages that keep up and to such that do not. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../../../main/contract/changes.ts'
import { followOverview } from '../../../../main/contract/following.ts'
import type { Overview } from '../../../../main/contract/index.ts'
import { waitFor } from '../../../../main/hosts/headless/network/patience.ts'
import { ok } from '../../../../roles/protocol/result.ts'
import { overview, request } from '../../../e2e/view/sample.ts'
import { servePage, TOKEN, type ServedPage } from '../../../tools/page.ts'
import { createTold, type Told } from '../../../tools/told.ts'

const authorization = `Bearer ${TOKEN}`

let served: ServedPage
let page: ServedPage['page']
let told: Told

beforeEach(async () => {
  told = createTold(overview({ number: 1 }))
  const core = { call: async () => ok('done'), subscribe: told.subscribe }
  const nodes = () => [{ id: 'first', name: 'The first', core }]
  served = await servePage({ nodes, limits: { bufferBytes: 32 * 1024, readers: 2, stuckMs: 3_000 } })
  page = served.page
})

afterEach(() => served.close())

/** What a stream that is refused says. */
async function refusal(query = ''): Promise<{ status: number; code: string; message: string }> {
  const answer = await fetch(`http://127.0.0.1:${page.port}/api/events${query}`, { headers: { authorization } })
  return { status: answer.status, ...((await answer.json()) as { error: { code: string; message: string } }).error }
}

describe('events', () => {
  const emit = (event: string, payload: unknown): void => told.emit(event, payload)
  const open = async (
    query = '',
  ): Promise<{ response: Response; reader: ReadableStreamDefaultReader<string>; cancel: () => Promise<void> }> => {
    const stop = new AbortController()
    const response = await fetch(`http://127.0.0.1:${page.port}/api/events${query}`, { headers: { authorization }, signal: stop.signal })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    return { response, reader, cancel: async () => stop.abort() }
  }
  const until = async (reader: ReadableStreamDefaultReader<string>, mark: string): Promise<string> => {
    let seen = ''
    while (!seen.includes(mark)) {
      const { done, value } = await reader.read()
      if (done) throw new Error(`ended before ${mark}`)
      seen = (seen + value).slice(-4096)
    }
    return seen
  }

  it('arrive as they happen, and only those of the contract', async () => {
    const { response, reader, cancel } = await open()
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    await until(reader, 'retry')
    emit('secret', { a: 1 })
    emit('log', { message: 'first\nsecond' })
    const seen = await until(reader, '\\nsecond')
    expect(seen).toContain('event: log\ndata: {"message":"first\\nsecond"}\n\n')
    expect(seen).not.toContain('secret')
    await cancel()
  })

  it('of those that are named alone, and none that there is not', async () => {
    const { reader, cancel } = await open('?of=log')
    await until(reader, 'retry')
    told.show(overview({ requests: [request('5', 'review')] }))
    emit('log', { message: 'a line' })
    expect(await until(reader, 'a line')).not.toContain('changed')
    await cancel()
    expect(await refusal('?of=log,secret')).toMatchObject({
      status: 400,
      code: 'page.events',
      message: expect.stringContaining('«secret»'),
    })
  })

  it('a reader for which changes were left out is told so once it reads again, and finds the gap', async () => {
    const slow = httpRequest({ host: '127.0.0.1', port: page.port, path: '/api/events', headers: { authorization } })
    const opened = Promise.withResolvers<IncomingMessage>()
    slow.on('response', (response) => opened.resolve(response.pause()))
    slow.end()
    const response = await opened.promise
    // More than the kernel takes: from then on changes are left out.
    const CHANGES = 250
    for (let number = 0; number < CHANGES; number++) {
      told.show(overview({ requests: [request('5', 'review', { waiting: `${number} ${'x'.repeat(64 * 1024)}` })] }))
      await new Promise((resolve) => setImmediate(resolve))
    }
    let known: Overview | null = overview({ number: 1 })
    let gaps = 0
    const following = followOverview({
      ask: async () => (gaps++, ok(told.overview())),
      show: (one) => (known = one),
    })
    await following.look()
    const heard: number[] = []
    let rest = ''
    response.setEncoding('utf8').on('data', (text: string) => {
      const frames = (rest + text).split('\n\n')
      rest = frames.pop()!
      for (const frame of frames) {
        const change = /^event: changed\ndata: (.*)$/m.exec(frame)
        if (change === null) continue
        heard.push((JSON.parse(change[1]!) as Change).number)
        following.hear(JSON.parse(change[1]!) as Change)
      }
    })
    response.resume()
    await waitFor('the gap to be told', async () => heard.at(-1) === 0)
    expect(heard.length).toBeLessThan(CHANGES)
    expect(heard.slice(0, -1)).toEqual(heard.slice(0, -1).map((_, at) => at + 2))
    await waitFor('the whole to be asked for', async () => known?.number === told.overview().number)
    expect(gaps).toBeGreaterThan(1)
    response.destroy()
  })

  it('a reader that stays stuck is cut, and others are not harmed', async () => {
    const resumed = Promise.withResolvers<IncomingMessage>()
    const slow = httpRequest({ host: '127.0.0.1', port: page.port, path: '/api/events', headers: { authorization } })
    const cut = new Promise<void>((resolve) => {
      slow.on('response', (response) => {
        response
          .pause()
          .on('error', () => resolve())
          .on('close', () => resolve())
        resumed.resolve(response)
      })
      slow.on('error', () => resolve())
    })
    slow.end()
    const quick = await open()
    await until(quick.reader, 'retry')
    const arrived = until(quick.reader, '"after"')
    // The paused reader's kernel buffers fill, then ours; the server has to end it, which makes room for another reader.
    const pump = setInterval(() => emit('log', { message: 'x'.repeat(256 * 1024) }), 5)
    const response = await resumed.promise
    await waitFor('the slow reader to be cut', async () => {
      const third = new AbortController()
      const { status } = await fetch(`http://127.0.0.1:${page.port}/api/events`, {
        headers: { authorization },
        signal: third.signal,
      })
      third.abort()
      return status === 200
    })
    response.resume()
    await cut
    clearInterval(pump)
    emit('changed', { number: 'after' })
    await arrived
    await quick.cancel()
  })

  it('more readers than the limit are refused', async () => {
    const first = await open()
    const second = await open()
    expect(await refusal()).toMatchObject({ status: 503, code: 'page.readers' })
    await first.cancel()
    await second.cancel()
  })

  it('end when the server closes', async () => {
    const { reader } = await open()
    await until(reader, 'retry')
    await page.close()
    const rest = await reader.read().then(
      (part) => part.done,
      () => true,
    )
    expect(rest).toBe(true)
    expect(told.count()).toBe(0)
  })
})
