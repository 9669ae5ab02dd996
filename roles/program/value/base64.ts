const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Standard padded base64 (RFC 4648 section 4). */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!
    text += i + 1 < bytes.length ? ALPHABET[(group >> 6) & 63]! : '='
    text += i + 2 < bytes.length ? ALPHABET[group & 63]! : '='
  }
  return text
}

/** @returns null unless `text` is exactly what `toBase64` writes for some bytes */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let at = 0
  for (let i = 0; i < text.length; i += 4) {
    let group = 0
    for (let j = 0; j < 4; j++) group = (group << 6) | Math.max(0, ALPHABET.indexOf(text[i + j]!))
    for (const shift of [16, 8, 0]) if (at < bytes.length) bytes[at++] = (group >> shift) & 255
  }
  return toBase64(bytes) === text ? bytes : null
}
