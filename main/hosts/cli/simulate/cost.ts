/** What identities cost: hashes of their proof of work, and sats of the transactions that anchor them. */
import type { Anchor } from '../../../../roles/protocol/documents/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { anchorScript, dustThreshold, feeFor, p2trScript, virtualSize } from '../../../../roles/protocol/tx/index.ts'

/** Expected hashes (double SHA-256) for so many identities of `bits` leading zero bits. */
export const hashesFor = (identities: number, bits: number): number => identities * 2 ** bits

/** Any point of the curve will do: sizes do not depend on it. */
const KEY = Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0))

/**
 * Sats that anchoring one identity takes: an acceptance or a registration with one input, its anchor, one output for the Supervisor, one for itself, and
 * change (PROTOCOL.md 4.4).
 * @param rate fee rate in sat/vB
 * @returns virtual bytes, and sats that are gone: the fee and the Supervisor's dust
 */
export function anchoringOf(type: 'acceptance' | 'registration', rate: number): { vbytes: number; sats: number } {
  const key = must(p2trScript(KEY))
  const anchor: Anchor = { type, sha256: '00'.repeat(32), infohash: '00'.repeat(20) }
  const vbytes = virtualSize([{ script: key }], [must(anchorScript(anchor)), key, key, key])
  return { vbytes, sats: Number(feeFor(vbytes, rate) + dustThreshold(key)) }
}
