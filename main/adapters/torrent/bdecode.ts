/** A bencoded value; byte strings stay bytes. */
export type Bdecoded = number | Buffer | Bdecoded[] | Map<string, Bdecoded>

const MAX_DEPTH = 8

/**
 * Decodes bencoding (BEP 3) strictly: keys in order and once, no leading zeros, nothing behind the value. So there is one encoding of a
 * value, and decoding and encoding again gives the same bytes and the same infohash.
 * @throws on anything else
 */
export function bdecode(bytes: Uint8Array): Bdecoded {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const [value, end] = decodeAt(data, 0, 0)
  if (end !== data.length) throw new Error('bytes follow the value')
  return value
}

type At = [value: Bdecoded, next: number]

function decodeAt(data: Buffer, at: number, depth: number): At {
  if (depth > MAX_DEPTH) throw new Error('nested too deeply')
  switch (data[at]) {
    case 0x69:
      return integerAt(data, at)
    case 0x6c:
      return listAt(data, at + 1, depth)
    case 0x64:
      return dictionaryAt(data, at + 1, depth)
    default:
      return stringAt(data, at)
  }
}

function integerAt(data: Buffer, at: number): At {
  const end = data.indexOf(0x65, at)
  const text = data.toString('latin1', at + 1, Math.min(end, at + 20))
  const value = Number(text)
  if (end < 0 || !/^(0|-?[1-9]\d*)$/.test(text) || !Number.isSafeInteger(value)) throw new Error('a bad integer')
  return [value, end + 1]
}

function stringAt(data: Buffer, at: number): [Buffer, number] {
  const colon = data.subarray(at, at + 12).indexOf(0x3a)
  const text = colon < 0 ? '' : data.toString('latin1', at, at + colon)
  const start = at + colon + 1
  if (!/^(0|[1-9]\d*)$/.test(text) || start + Number(text) > data.length) throw new Error('a bad string')
  return [data.subarray(start, start + Number(text)), start + Number(text)]
}

function listAt(data: Buffer, at: number, depth: number): At {
  const list: Bdecoded[] = []
  while (data[at] !== 0x65) {
    const [value, next] = decodeAt(data, at, depth + 1)
    list.push(value)
    at = next
  }
  return [list, at + 1]
}

function dictionaryAt(data: Buffer, at: number, depth: number): At {
  const map = new Map<string, Bdecoded>()
  let before: Buffer | undefined
  while (data[at] !== 0x65) {
    const [key, valueAt] = stringAt(data, at)
    if (before && Buffer.compare(before, key) >= 0) throw new Error('keys out of order')
    before = key
    const [value, next] = decodeAt(data, valueAt, depth + 1)
    map.set(key.toString('latin1'), value)
    at = next
  }
  return [map, at + 1]
}
