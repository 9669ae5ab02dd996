import { INITIAL, K } from './sha256.ts'

/**
 * The compression function of SHA-256 twice over, four nonces at a time, as WebAssembly: the module is written here, because its 128
 * rounds are one pattern. The message is that of roles/protocol/crypto/work.ts.
 */
export interface SimdSearch {
  /** The state after the first block, the high half of the nonce, and the bits that have to be zero in the hash's first word. */
  prepare(midstate: Int32Array, high: number, mask: number): void
  /** Tries `count` nonces from `low` on. Gives how many were left at the group of four that has a hit, or 0 without one. */
  search(low: number, count: number): number
}

const [LOW, COUNT, W, STATE, T, MID, HIGH, MASK] = [0, 1, 2, 18, 26, 27, 35, 36]
const VECTORS = MASK + 1 - W
const [XOR, OR, AND, ADD, SHL, SHR, SELECT, EQUAL, ANY, SPLAT, LOAD_SPLAT] = [
  0x51, 0x50, 0x4e, 0xae, 0xab, 0xad, 0x52, 0x37, 0x53, 0x11, 0x09,
]

type Code = number[]

const uleb = (value: number): Code => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...uleb(value >>> 7)])
const get = (local: number): Code => [0x20, ...uleb(local)]
const set = (local: number): Code => [0x21, ...uleb(local)]
/** Shifts and small numbers only: one byte of signed LEB128 holds up to 63. */
const small = (value: number): Code => [0x41, value]
const simd = (op: number): Code => [0xfd, ...uleb(op)]
const word = (value: number): Code => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
const lanes = (a: number, b = a, c = a, d = a): Code => [...simd(0x0c), ...word(a), ...word(b), ...word(c), ...word(d)]
const shift = (local: number, bits: number, op: number): Code => [...get(local), ...small(bits), ...simd(op)]
const rotate = (local: number, bits: number): Code => [...shift(local, bits, SHR), ...shift(local, 32 - bits, SHL), ...simd(OR)]
const add = simd(ADD)
const xor = simd(XOR)

const sigma = (local: number, [a, b, c]: [number, number, number], last: (local: number, bits: number) => Code): Code => [
  ...rotate(local, a),
  ...rotate(local, b),
  ...xor,
  ...last(local, c),
  ...xor,
]

const shiftRight = (local: number, bits: number): Code => shift(local, bits, SHR)

/** Sixty-four rounds over the locals of message and state; the names rotate instead of the values, and are back in place at the end. */
function rounds(): Code {
  const code: Code = []
  let names = Array.from({ length: 8 }, (_, i) => STATE + i)
  for (let t = 0; t < 64; t += 1) {
    const w = W + (t & 15)
    if (t >= 16) code.push(...schedule(t, w))
    const [a, b, c, d, e, f, g, h] = names as [number, number, number, number, number, number, number, number]
    code.push(
      ...get(h),
      ...sigma(e, [6, 11, 25], rotate),
      ...add,
      ...get(f),
      ...get(g),
      ...get(e),
      ...simd(SELECT),
      ...add,
      ...lanes(K[t]!),
      ...add,
      ...get(w),
      ...add,
      ...set(T),
      ...get(d),
      ...get(T),
      ...add,
      ...set(d),
      ...get(T),
      ...sigma(a, [2, 13, 22], rotate),
      ...add,
      ...get(c),
      ...get(b),
      ...get(a),
      ...get(b),
      ...xor,
      ...simd(SELECT),
      ...add,
      ...set(h),
    )
    names = [h, a, b, c, d, e, f, g]
  }
  return code
}

const schedule = (t: number, w: number): Code => [
  ...get(w),
  ...sigma(W + ((t + 1) & 15), [7, 18, 3], shiftRight),
  ...add,
  ...get(W + ((t + 9) & 15)),
  ...add,
  ...sigma(W + ((t + 14) & 15), [17, 19, 10], shiftRight),
  ...add,
  ...set(w),
]

const constants = (from: number, to: number, value: number): Code =>
  Array.from({ length: to - from }, (_, i) => [...lanes(value), ...set(W + from + i)]).flat()

const each8 = (code: (i: number) => Code): Code => Array.from({ length: 8 }, (_, i) => code(i)).flat()

/** The second block of the message on top of the midstate, then the hash of that hash, of which only the first word is completed. */
const body = (): Code => [
  ...each8((i) => [...small(0), ...simd(LOAD_SPLAT), 2, i * 4, ...set(MID + i)]),
  ...small(0),
  ...simd(LOAD_SPLAT),
  2,
  32,
  ...set(HIGH),
  ...small(0),
  ...simd(LOAD_SPLAT),
  2,
  36,
  ...set(MASK),
  0x03,
  0x40,
  ...constants(0, 2, 0),
  ...get(HIGH),
  ...set(W + 2),
  ...get(LOW),
  ...simd(SPLAT),
  ...lanes(0, 1, 2, 3),
  ...add,
  ...set(W + 3),
  ...constants(4, 5, 0x80000000),
  ...constants(5, 15, 0),
  ...constants(15, 16, 80 * 8),
  ...each8((i) => [...get(MID + i), ...set(STATE + i)]),
  ...rounds(),
  ...each8((i) => [...get(STATE + i), ...get(MID + i), ...add, ...set(W + i)]),
  ...constants(8, 9, 0x80000000),
  ...constants(9, 15, 0),
  ...constants(15, 16, 32 * 8),
  ...each8((i) => [...lanes(INITIAL[i]!), ...set(STATE + i)]),
  ...rounds(),
  ...get(STATE),
  ...lanes(INITIAL[0]!),
  ...add,
  ...get(MASK),
  ...simd(AND),
  ...lanes(0),
  ...simd(EQUAL),
  ...simd(ANY),
  0x04,
  0x40,
  ...get(COUNT),
  0x0f,
  0x0b,
  ...get(LOW),
  ...small(4),
  0x6a,
  ...set(LOW),
  ...get(COUNT),
  ...small(4),
  0x6b,
  0x22,
  COUNT,
  ...small(0),
  0x4a,
  0x0d,
  0,
  0x0b,
  ...small(0),
  0x0b,
]

const section = (id: number, content: Code): Code => [id, ...uleb(content.length), ...content]
const named = (name: string): Code => [name.length, ...Buffer.from(name)]

/** One memory of one page, one function (i32, i32) -> i32. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const code = [1, ...uleb(VECTORS), 0x7b, ...body()]
  return Uint8Array.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, [1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...named('search'), 0, 0, ...named('memory'), 2, 0]),
    ...section(10, [1, ...uleb(code.length), ...code]),
  ])
}

interface Exports {
  search(low: number, count: number): number
  memory: { buffer: ArrayBuffer }
}
declare const WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object) => { exports: unknown } }

/** Undefined where the machine's engine has no SIMD. */
export function createSimdSearch(): SimdSearch | undefined {
  try {
    const { search, memory } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes())).exports as Exports
    const words = new Int32Array(memory.buffer)
    return {
      search,
      prepare: (midstate, high, mask) => {
        words.set(midstate)
        words[8] = high
        words[9] = mask
      },
    }
  } catch {
    return undefined
  }
}
