/**
 * A body as it comes in: its bytes alone are kept, whatever pieces a stranger cuts it into. A piece of one byte would otherwise hold an object of a hundred, and
 * the read buffer of 64 KiB that it came in.
 */
export interface Body {
  readonly size: number
  /** False when it comes in too many small pieces to be worth the time: nothing is taken then. */
  push(piece: Uint8Array): boolean
  /** All of it, as one plain Uint8Array. */
  bytes(): Uint8Array
}

/** The first few are kept as they are, which is the common case, and so are long ones; others are copied. */
const [FEW, LARGE] = [4, 16 << 10]
const SLAB = 64 << 10
/** Shorter than what a packet holds, and so many of them: who has something to say does not send it like that. */
const [SMALL, MOST_SMALL] = [512, 1_024]

export function createBody(): Body {
  const parts: Uint8Array[] = []
  let slab = new Uint8Array(0)
  let used = 0
  let size = 0
  let small = 0
  const flush = (): void => {
    if (used > 0) parts.push(slab.subarray(0, used))
    slab = slab.subarray(used)
    used = 0
  }
  function copy(piece: Uint8Array): void {
    if (used + piece.length > slab.length) {
      flush()
      slab = new Uint8Array(SLAB)
    }
    slab.set(piece, used)
    used += piece.length
  }
  return {
    get size() {
      return size
    },
    push(piece) {
      if (piece.length < SMALL && ++small > MOST_SMALL) return false
      size += piece.length
      if (piece.length < LARGE && parts.length >= FEW) copy(piece)
      else {
        flush()
        parts.push(piece)
      }
      return true
    },
    bytes() {
      flush()
      return joined(parts, size)
    },
  }
}

/** A single part, which is the common case, is not copied. */
function joined(parts: Uint8Array[], size: number): Uint8Array {
  const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, size)
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}
