/** A peer that speaks BEP 3, 9 and 10 by hand, to say what no library would. */
import { createHash } from 'node:crypto'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

const uint32 = (length: number) => Buffer.from([length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255])
export const framed = (...parts: Buffer[]) => Buffer.concat([uint32(Buffer.concat(parts).length), ...parts])

export interface HostilePeer {
  /** `host:port` */
  address: string
  server: Server
  /** Resolves when the other side has ended a connection. */
  ended: Promise<void>
  /** Bytes that it sent over those that were ended, as far as the system took them. */
  sent(): number
}

export interface HostileOptions {
  /** The number that it gives to every metadata piece. */
  piece?: number
  /** What it says that the metadata have; without it, the truth. */
  metadataSize?: number
  /** What it sends behind its handshakes. */
  then?(socket: Socket): void
}

/** Has whatever metadata it is given, and no pieces. */
export async function hostilePeer(info: Buffer, { piece, metadataSize = info.length, then }: HostileOptions = {}): Promise<HostilePeer> {
  const infohash = createHash('sha1').update(info).digest()
  let sent = 0
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sent += socket.bytesWritten
      end()
    })
    const reserved = Buffer.from([0, 0, 0, 0, 0, 0x10, 0, 0])
    socket.write(
      Buffer.concat([Buffer.from([19]), Buffer.from('BitTorrent protocol'), reserved, infohash, Buffer.from('-XX0001-hostilehosti')]),
    )
    socket.write(framed(Buffer.from([20, 0]), Buffer.from(`d1:md11:ut_metadatai1ee13:metadata_sizei${metadataSize}ee`)))
    then?.(socket)
    answerMetadata(socket, info, piece)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, ended, sent: () => sent }
}

function answerMetadata(socket: Socket, info: Buffer, piece: number | undefined): void {
  let seen = Buffer.alloc(0)
  const answered = new Set<string>()
  socket.on('data', (data: Buffer) => {
    seen = Buffer.concat([seen, data])
    const theirId = /11:ut_metadatai(\d+)e/.exec(seen.toString('latin1'))?.[1]
    for (const [, asked] of seen.toString('latin1').matchAll(/8:msg_typei0e5:piecei(\d+)e/g)) {
      if (!theirId || answered.has(asked!)) continue
      answered.add(asked!)
      const part = info.subarray(Number(asked) * 16_384, (Number(asked) + 1) * 16_384)
      const header = `d8:msg_typei1e5:piecei${piece ?? asked}e10:total_sizei${info.length}ee`
      socket.write(framed(Buffer.from([20, Number(theirId)]), Buffer.from(header), part))
    }
  })
}

const HASH = Buffer.alloc(20, 7).toString('latin1')

/** One file of an info dictionary, bencoded. */
export const infoFile = (length: string | number, ...path: string[]): string =>
  `d6:lengthi${length}e4:pathl${path.map((each) => `${each.length}:${each}`).join('')}ee`

/** An info dictionary, bencoded; `files` as `infoFile` writes them. */
export const infoOf = (files: string, name = 'offer', pieceLength: string | number = '16384', pieces = HASH): Buffer =>
  Buffer.from(`d5:filesl${files}e4:name${name.length}:${name}12:piece lengthi${pieceLength}e6:pieces${pieces.length}:${pieces}e`, 'latin1')

/** Hashes for so many bytes in pieces of that length. */
export const piecesFor = (bytes: number, pieceLength: number): string => HASH.repeat(Math.ceil(bytes / pieceLength))

export const infohashOf = (info: Buffer): string => createHash('sha1').update(info).digest('hex')
