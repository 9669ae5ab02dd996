/** SHA-256 (FIPS 180-4), in plain TypeScript because the language imports nothing. */

/** The first 32 bits of the fractional parts of roots of the first 64 primes: cube roots for the rounds, square roots for the start. */
const { ROUND, START } = constants()

function constants(): { ROUND: Int32Array; START: Int32Array } {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  const bits = (root: bigint): number => Number(BigInt.asIntN(32, root))
  return {
    ROUND: Int32Array.from(primes, (prime) => bits(rootOf(BigInt(prime) << 96n, 3n))),
    START: Int32Array.from(primes.slice(0, 8), (prime) => bits(rootOf(BigInt(prime) << 64n, 2n))),
  }
}

/** Greatest integer whose power is at most `n`. */
function rootOf(n: bigint, power: bigint): bigint {
  let root = 0n
  for (let bit = 1n << 40n; bit > 0n; bit >>= 1n) if ((root + bit) ** power <= n) root += bit
  return root
}

const turn = (x: number, by: number): number => (x >>> by) | (x << (32 - by))

export function sha256(data: Uint8Array): Uint8Array {
  const state = START.slice()
  const words = new Int32Array(64)
  const padded = pad(data)
  for (let at = 0; at < padded.length; at += 64) compress(state, words, padded, at)
  const digest = new Uint8Array(32)
  state.forEach((word, i) => {
    for (let byte = 0; byte < 4; byte++) digest[4 * i + byte] = word >>> (24 - 8 * byte)
  })
  return digest
}

/** A one bit, zeros, and the length in bits, up to a whole number of blocks. */
function pad(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array((Math.floor((data.length + 8) / 64) + 1) * 64)
  padded.set(data)
  padded[data.length] = 0x80
  for (let i = 0, bits = data.length * 8; i < 8; i++, bits = Math.floor(bits / 256)) padded[padded.length - 1 - i] = bits % 256
  return padded
}

function compress(state: Int32Array, words: Int32Array, data: Uint8Array, at: number): void {
  for (let t = 0; t < 16; t++) {
    const i = at + 4 * t
    words[t] = (data[i]! << 24) | (data[i + 1]! << 16) | (data[i + 2]! << 8) | data[i + 3]!
  }
  for (let t = 16; t < 64; t++) {
    const [x, y] = [words[t - 15]!, words[t - 2]!]
    words[t] = words[t - 16]! + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + words[t - 7]! + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let t = 0; t < 64; t++) {
    const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[t]! + words[t]!) | 0
    const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = state[i]! + word
}
