/** What Bitcoin nodes relay by default: which outputs are standard, how small they may be, what size costs (Bitcoin Core, policy/policy.cpp). */
import { bytesToHex } from '@noble/hashes/utils.js'

/** Longest OP_RETURN script that every node relays: 80 bytes of data, its push and the opcode. */
export const maxDataScript = 83
/** Heaviest transaction that nodes relay, in weight units. */
export const maxStandardWeight = 400_000
/** Signal of BIP125 and BIP68-neutral: the transaction can be replaced. */
export const replaceable = 0xfffffffd

export type ScriptKind =
  'p2tr' | 'p2wpkh' | 'p2wsh' | 'p2pkh' | 'p2sh' | 'p2pk' | 'multisig' | 'anchor' | 'witness-unknown' | 'data' | 'nonstandard'

/** Names the template that a script follows (Bitcoin Core's Solver). */
export function scriptKind(script: Uint8Array): ScriptKind {
  const length = script.length
  const witness = witnessKind(script)
  if (witness) return witness
  if (script[0] === 0x6a) return isPushOnly(script.subarray(1)) ? 'data' : 'nonstandard'
  if (length === 25 && bytesToHex(script.subarray(0, 3)) === '76a914' && bytesToHex(script.subarray(23)) === '88ac') return 'p2pkh'
  if (length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87) return 'p2sh'
  if ((length === 35 && script[0] === 33 && script[34] === 0xac) || (length === 67 && script[0] === 65 && script[66] === 0xac))
    return 'p2pk'
  return isBareMultisig(script) ? 'multisig' : 'nonstandard'
}

function witnessKind(script: Uint8Array): ScriptKind | undefined {
  const [version = 0xff, size] = script
  if (script.length < 4 || script.length > 42 || size !== script.length - 2) return undefined
  if (version === 0) return size === 20 ? 'p2wpkh' : size === 32 ? 'p2wsh' : 'nonstandard'
  if (version < 0x51 || version > 0x60) return undefined
  if (version === 0x51 && size === 32) return 'p2tr'
  return bytesToHex(script) === '51024e73' ? 'anchor' : 'witness-unknown'
}

/** At most three keys are standard in a bare multisig. */
function isBareMultisig(script: Uint8Array): boolean {
  const [needed, keys] = [(script[0] ?? 0) - 0x50, (script.at(-2) ?? 0) - 0x50]
  if (script.at(-1) !== 0xae || needed < 1 || keys < needed || keys > 3) return false
  let at = 1
  for (let key = 0; key < keys; key++) {
    if (script[at] !== 33 && script[at] !== 65) return false
    at += 1 + (script[at] ?? 0)
  }
  return at === script.length - 2
}

function isPushOnly(script: Uint8Array): boolean {
  let at = 0
  while (at < script.length) {
    const opcode = script[at++] ?? 0
    if (opcode > 0x60) return false
    if (opcode <= 75) at += opcode
    else if (opcode === 76) at += 1 + (script[at] ?? Infinity)
    else if (opcode === 77) at += 2 + ((script[at] ?? Infinity) | ((script[at + 1] ?? 0) << 8))
    else if (opcode === 78) return false
  }
  return at === script.length
}

const isWitnessProgram = (kind: ScriptKind) => ['p2tr', 'p2wpkh', 'p2wsh', 'anchor', 'witness-unknown'].includes(kind)

/**
 * Smallest value in sats that an output to `script` may carry: what spending it would cost at the dust relay fee
 * (Bitcoin Core GetDustThreshold: P2TR 330, P2WPKH 294, P2PKH 546, OP_RETURN 0).
 * @param ratePerKvB dust relay fee in sat per 1,000 vbytes
 */
export function dustThreshold(script: Uint8Array, ratePerKvB = 3000): bigint {
  const kind = scriptKind(script)
  if (script[0] === 0x6a) return 0n
  const outputSize = 8 + sizeOfCount(script.length) + script.length
  const spendSize = isWitnessProgram(kind) ? 32 + 4 + 1 + Math.floor(107 / 4) + 4 : 32 + 4 + 1 + 107 + 4
  return BigInt(Math.floor(((outputSize + spendSize) * ratePerKvB) / 1000))
}

/** Bytes of Bitcoin's compact size integer. */
export const sizeOfCount = (count: number): number => (count < 0xfd ? 1 : count <= 0xffff ? 3 : 5)

/** Witness weight of an input that is spent by one signature, in weight units (its count and lengths included). */
export function witnessWeightOf(script: Uint8Array): number {
  const kind = scriptKind(script)
  return kind === 'p2wpkh' ? 1 + 1 + 72 + 1 + 33 : 1 + 1 + 64
}

/**
 * Virtual size of a transaction before it is signed, exact for P2TR key-path inputs and at most 1 vbyte off for P2WPKH.
 * @param inputs script spent by each input, and its witness weight where it is not a plain single signature
 * @param outputs output scripts
 * @returns vbytes (weight / 4, rounded up; BIP141)
 */
export function virtualSize(inputs: Array<{ script: Uint8Array; witnessWeight?: number }>, outputs: Uint8Array[]): number {
  const base =
    4 +
    sizeOfCount(inputs.length) +
    41 * inputs.length +
    sizeOfCount(outputs.length) +
    4 +
    outputs.reduce((sum, script) => sum + 8 + sizeOfCount(script.length) + script.length, 0)
  const witness = 2 + inputs.reduce((sum, input) => sum + (input.witnessWeight ?? witnessWeightOf(input.script)), 0)
  return Math.ceil((base * 4 + witness) / 4)
}

/** The fee in sats for `vsize` vbytes at `rate` sat/vB, rounded up so that the rate is really reached. */
export const feeFor = (vsize: number, rate: number): bigint => BigInt(Math.ceil(vsize * rate - 1e-9))
