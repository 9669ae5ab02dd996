/** UTF-8 of well-formed text (RFC 3629). The language imports nothing, the platform's encoders included. */
export function toUtf8(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const point = text.codePointAt(i)!
    if (point > 0xffff) i++
    at = writePoint(bytes, at, point)
  }
  return bytes
}

function writePoint(bytes: Uint8Array, at: number, point: number): number {
  if (point < 0x80) {
    bytes[at] = point
    return at + 1
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3
  bytes[at] = LEADS[more]! | (point >> (6 * more))
  for (let left = more - 1; left >= 0; left--) bytes[at + more - left] = 0x80 | ((point >> (6 * left)) & 0x3f)
  return at + more + 1
}

const LEADS = [0, 0xc0, 0xe0, 0xf0]
/** Least code point of each length: shorter ones must not be written longer. */
const LEAST = [0, 0x80, 0x800, 0x10000]

/** The text of these bytes, or null where they are not UTF-8 (overlong forms, surrogates and numbers beyond Unicode included). */
export function fromUtf8(bytes: Uint8Array): string | null {
  let text = ''
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at]!
    const more = lead < 0x80 ? 0 : lead < 0xc0 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf8 ? 3 : -1
    if (more < 0 || at + more >= bytes.length) return null
    let point = more === 0 ? lead : lead & (0x3f >> more)
    for (let i = 1; i <= more; i++) {
      if ((bytes[at + i]! & 0xc0) !== 0x80) return null
      point = (point << 6) | (bytes[at + i]! & 0x3f)
    }
    if (point < LEAST[more]! || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null
    text += String.fromCodePoint(point)
    at += more + 1
  }
  return text
}
