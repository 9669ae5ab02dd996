/**
 * A server, of a block or the top-level one, answers with a gigabyte, without end, slowly, or not at all: by real sockets, against the transport of the product.
 *
 * Detected by whoever asked, at once where it is too large, else when its time is over (`transport.too-large`, `.timeout`, `.unreachable`). The connection is cut, so it costs the limit of
 * bytes and of time and no more. The punishment: left out of the request (11.6). Lost: that time, at most 8 s of a block's server and 30 s of a top-level one.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createHttpTransport } from '../../main/adapters/transport/http.ts'
import { utf8 } from '../../roles/protocol/bytes.ts'

const [MAX_BYTES, TIMEOUT_MS, GIGABYTE] = [1 << 20, 1_500, 1 << 30]
/** What the sockets of both ends may hold besides. */
const BUFFERS = 16 << 20

const opened: Array<{ server: Server; sockets: Set<Socket> }> = []
afterEach(() => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
})

/** A server that does something else than HTTP asks for, as soon as a request is there. */
async function serve(answer: (socket: Socket) => void): Promise<{ port: number; sent: () => number; cut: () => Promise<unknown> }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  opened.push({ server, sockets })
  return {
    port: (server.address() as AddressInfo).port,
    sent: () => [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
    cut: () =>
      Promise.all(
        [...sockets].map(async (socket) => {
          if (!socket.destroyed) await new Promise((resolve) => void socket.once('close', resolve))
        }),
      ),
  }
}

/** Writes a piece again and again as fast as it is taken, up to a gigabyte. */
function endless(head: string, piece: string | Uint8Array): (socket: Socket) => void {
  return (socket) => {
    socket.write(head)
    const more = (): void => {
      while (!socket.destroyed && socket.bytesWritten < GIGABYTE) if (!socket.write(piece)) return void socket.once('drain', more)
    }
    more()
  }
}

const BLOCK = new Uint8Array(64 << 10).fill(0x61)
const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`
const ANSWERS: Record<string, { answer: (socket: Socket) => void; code: string; bytes?: number }> = {
  'a gigabyte that it announces': {
    answer: endless(`HTTP/1.1 200 OK\r\ncontent-length: ${GIGABYTE}\r\n\r\n`, BLOCK),
    code: 'transport.too-large',
  },
  'chunks without end': { answer: endless('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', chunk), code: 'transport.too-large' },
  'bytes until it closes, and never does': {
    answer: endless('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', BLOCK),
    code: 'transport.too-large',
  },
  'an answer in pieces of one byte': {
    answer: endless('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'.repeat(10_000)),
    code: 'transport.too-large',
  },
  'a refusal without end': { answer: endless('HTTP/1.1 503 No\r\ntransfer-encoding: chunked\r\n\r\n', chunk), code: 'transport.too-large' },
  'headers without end': { answer: endless('HTTP/1.1 200 OK\r\n', `x-a: ${'a'.repeat(1_000)}\r\n`), code: 'transport.unreachable' },
  'one header without end': { answer: endless('HTTP/1.1 200 OK\r\nx-a: ', BLOCK), code: 'transport.unreachable' },
  'a chunk extension without end': {
    answer: endless('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;', BLOCK),
    code: 'transport.unreachable',
  },
  'trailers without end': {
    answer: endless('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'a: b\r\n'.repeat(1_000)),
    code: 'transport.unreachable',
  },
  'a word that it goes on, without end': {
    answer: endless('', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(1_000)),
    code: 'transport.too-large',
  },
  'no HTTP, without end': { answer: endless('', BLOCK), code: 'transport.unreachable' },
  nothing: { answer: () => undefined, code: 'transport.timeout' },
  'headers and no body': {
    answer: (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'),
    code: 'transport.timeout',
  },
  'a byte now and then': {
    answer(socket) {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
      const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('a')), 20)
      socket.on('close', () => clearInterval(timer))
    },
    code: 'transport.timeout',
  },
  'less than it announced': {
    answer: (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'),
    code: 'transport.unreachable',
  },
  'another protocol': {
    answer: (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    code: 'transport.too-large',
  },
  'where else to ask': {
    answer: (socket) => void socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'),
    code: 'transport.status',
  },
  'a failure that is none': {
    answer: (socket) => void socket.end(`HTTP/1.1 400 No\r\ncontent-length: 5000\r\n\r\n${'['.repeat(5_000)}`),
    code: 'transport.status',
  },
}

describe('a server that answers with', () => {
  it.each(Object.keys(ANSWERS))('%s: costs whoever asked its limits, and no more', async (name) => {
    const { answer, code } = ANSWERS[name]!
    const { port, sent, cut } = await serve(answer)
    const transport = createHttpTransport({ privateHosts: true })
    const memory = process.memoryUsage().rss
    const answered = await transport.send({ host: '127.0.0.1', port }, '/golem/1/request', utf8('a question'), {
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    })
    expect(answered).toMatchObject({ ok: false, error: { code } })
    if (code !== 'transport.status') await cut()
    const taken = sent()
    expect(taken).toBeLessThan(MAX_BYTES + BUFFERS)
    expect(process.memoryUsage().rss - memory).toBeLessThan(256 << 20)
    transport.close()
  })
})

describe('whoever asks a server', () => {
  it('in a body of as many pieces as it has bytes is cut off after a thousand of them', async () => {
    const transport = createHttpTransport({ privateHosts: true })
    const limits = { requests: 1_000, bytes: GIGABYTE }
    let served = 0
    const serving = await transport.serve(
      { host: '127.0.0.1', port: 0, maxBytes: 4 << 20, timeoutMs: 10_000, perMinutePerPeer: limits },
      () => {
        served++
        return Promise.resolve({ ok: true, value: new Uint8Array(1) })
      },
    )
    if (!serving.ok) throw new Error(serving.error.message)
    const { port, close } = serving.value
    const answered = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let text = ''
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => (text += String(bytes)))
      socket.on('close', () => resolve(text))
      endless('POST /golem/1/hop HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'.repeat(1_000))(socket)
    })
    expect(answered).toContain('transport.too-large')
    expect(served).toBe(0)
    const whole = utf8('a'.repeat(100_000))
    expect((await transport.send({ host: '127.0.0.1', port }, '/golem/1/hop', whole, { timeoutMs: 5_000, maxBytes: 10 })).ok).toBe(true)
    expect(served).toBe(1)
    transport.close()
    await close()
  })
})
