/** OP_RETURN outputs, and the anchors in them that bind documents to the chain. */
import { ANCHOR_MAGIC, decodeAnchor, encodeAnchor, type Anchor } from '../documents/index.ts'
import { concatBytes, isHex } from '../bytes.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { maxDataScript } from './policy.ts'
import { scanTransaction } from './scan.ts'

/** The OP_RETURN script that carries up to 80 bytes. Fails with `tx.data`. */
export function opReturn(data: Uint8Array): Result<Uint8Array> {
  const push = data.length <= 75 ? Uint8Array.of(data.length) : Uint8Array.of(0x4c, data.length)
  if (data.length === 0 || 1 + push.length + data.length > maxDataScript)
    return fail('tx.data', `OP_RETURN carries 1 to 80 bytes, not ${data.length}`)
  return ok(concatBytes(Uint8Array.of(0x6a), push, data))
}

/** The data of an OP_RETURN script with a single push, or undefined. */
export function opReturnData(script: Uint8Array): Uint8Array | undefined {
  if (script[0] !== 0x6a) return undefined
  const first = script[1] ?? 0
  const start = first === 0x4c ? 3 : 2
  const length = first === 0x4c ? script[2] : first <= 75 ? first : undefined
  return length === script.length - start && length > 0 ? script.subarray(start) : undefined
}

/** The script of an anchor. Fails with `tx.anchor`, naming the field. */
export function anchorScript(anchor: Anchor): Result<Uint8Array> {
  if (!isHex(anchor.sha256, 32)) return fail('tx.anchor', 'sha256: give 64 lower-case hex digits')
  if (!isHex(anchor.infohash, 20)) return fail('tx.anchor', 'infohash: give 40 lower-case hex digits')
  const { type, number, ticks } = anchor
  const isTick = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
  if (type === 'tick' ? !isTick(number!) : number !== undefined)
    return fail('tx.anchor', 'number: give that of a tick, from 0 to 4294967295, and none for anything else')
  if (type === 'ready' ? ticks === undefined || !isTick(ticks.from) || !isTick(ticks.to) : ticks !== undefined)
    return fail('tx.anchor', 'ticks: give those of a statement that a server is ready, from 0 to 4294967295, and none for anything else')
  return opReturn(encodeAnchor(anchor))
}

/** Reads an anchor from an output script; undefined for anything else, unknown versions and types included. */
export function parseAnchor(script: Uint8Array): Anchor | undefined {
  const data = opReturnData(script)
  const anchor = data && decodeAnchor(data)
  return anchor?.ok ? anchor.value : undefined
}

/** Whether the bytes of an anchor occur anywhere: cheap, with false alarms but no misses. */
export function mayHoldAnchor(raw: Uint8Array): boolean {
  for (let at = raw.indexOf(ANCHOR_MAGIC[0]!); at >= 0; at = raw.indexOf(ANCHOR_MAGIC[0]!, at + 1)) {
    if (raw[at + 1] === ANCHOR_MAGIC[1] && raw[at + 2] === ANCHOR_MAGIC[2] && raw[at + 3] === ANCHOR_MAGIC[3]) return true
  }
  return false
}

/** Anchors in a raw transaction with the index of their output. Malformed transactions hold none. */
export function anchorsIn(raw: Uint8Array): Array<Anchor & { vout: number }> {
  if (!mayHoldAnchor(raw)) return []
  const scanned = scanTransaction(raw)
  if (!scanned.ok) return []
  return scanned.value.outputs.flatMap((output, vout) => {
    const anchor = parseAnchor(output.script)
    return anchor ? [{ ...anchor, vout }] : []
  })
}
