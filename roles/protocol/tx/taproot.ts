/**
 * Taproot key-path outputs without a script tree (BIP86): one x-only key (BIP340) is an identity, and the address that
 * receives for it is that key tweaked by its own hash (BIP341).
 */
import { schnorr, secp256k1 } from '@noble/curves/secp256k1.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { address as addresses, networks } from 'bitcoinjs-lib'
import { bech32, bech32m } from '@scure/base'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'

export type Network = 'regtest' | 'signet' | 'testnet4' | 'mainnet'

const prefixes: Record<Network, string> = { regtest: 'bcrt', signet: 'tb', testnet4: 'tb', mainnet: 'bc' }
const legacy = { regtest: networks.regtest, signet: networks.testnet, testnet4: networks.testnet, mainnet: networks.bitcoin }
const order = secp256k1.Point.Fn.ORDER

/**
 * The TapTweak hash of an internal key, as a scalar (BIP341).
 * @param internal x-only key, 32 bytes
 * @param merkleRoot root of the script tree, 32 bytes; none for BIP86
 */
function tapTweak(internal: Uint8Array, merkleRoot: Uint8Array = new Uint8Array(0)): bigint {
  const hash = schnorr.utils.taggedHash('TapTweak', concatBytes(internal, merkleRoot))
  const tweak = BigInt(`0x${bytesToHex(hash)}`)
  if (tweak >= order) throw new Error('TapTweak above the curve order: chance of 2^-128')
  return tweak
}

/**
 * The output key Q of an internal key P (BIP341 taproot_tweak_pubkey).
 * @param internal x-only key, 32 bytes
 * @returns x-only output key, 32 bytes; fails with `tx.key` when the bytes are not a point
 */
export function outputKey(internal: Uint8Array, merkleRoot?: Uint8Array): Result<Uint8Array> {
  try {
    const point = schnorr.utils.lift_x(BigInt(`0x${bytesToHex(internal)}`))
    const tweaked = point.add(secp256k1.Point.BASE.multiply(tapTweak(internal, merkleRoot)))
    return internal.length === 32 ? ok(schnorr.utils.pointToBytes(tweaked)) : notAKey()
  } catch {
    return notAKey()
  }
}

const notAKey = () => fail('tx.key', 'the key is not the x coordinate of a secp256k1 point: give 32 bytes of a BIP340 public key')

/**
 * The private key that spends the key path of `p2trScript(publicKey(secret))` (BIP341 taproot_tweak_seckey).
 * @param secret private key of the internal key, 32 bytes
 * @returns tweaked private key, 32 bytes, for a BIP340 signer
 */
export function tweakPrivateKey(secret: Uint8Array, merkleRoot?: Uint8Array): Uint8Array {
  const scalar = BigInt(`0x${bytesToHex(secret)}`)
  const point = secp256k1.Point.BASE.multiply(scalar)
  const even = point.toAffine().y % 2n === 0n ? scalar : order - scalar
  const tweaked = (even + tapTweak(schnorr.utils.pointToBytes(point), merkleRoot)) % order
  return hexToBytes(tweaked.toString(16).padStart(64, '0'))
}

/** The script of an output key: OP_1 and 32 bytes (BIP341). */
export const taprootScript = (output: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(0x51, 0x20), output)

/** The key-path script that pays to the holder of an x-only internal key (BIP86). Fails with `tx.key`. */
export function p2trScript(internal: Uint8Array): Result<Uint8Array> {
  const output = outputKey(internal)
  return output.ok ? ok(taprootScript(output.value)) : output
}

/** The address of an x-only internal key (BIP86, BIP350). Fails with `tx.key`. */
export function p2trAddress(internal: Uint8Array, network: Network): Result<string> {
  const script = p2trScript(internal)
  return script.ok ? addressOfScript(script.value, network) : script
}

/** The address that pays to a standard script. Fails with `tx.address` for a script that has none. */
export function addressOfScript(script: Uint8Array, network: Network): Result<string> {
  const version = script[0] === 0 ? 0 : (script[0] ?? 0) - 0x50
  const isWitness = version >= 0 && version <= 16 && script.length >= 4 && script.length <= 42 && script[1] === script.length - 2
  if (isWitness) {
    const code = version === 0 ? bech32 : bech32m
    return ok(code.encode(prefixes[network], [version, ...code.toWords(script.slice(2))]))
  }
  try {
    return ok(addresses.fromOutputScript(script, legacy[network]))
  } catch {
    return fail('tx.address', 'this script has no address: pay to a standard script instead')
  }
}

/** The script that an address of `network` stands for. Fails with `tx.address`, which says of which network the address is and which is meant. */
export function scriptOfAddress(address: string, network: Network): Result<Uint8Array> {
  const script = scriptOn(address, network)
  return script ? ok(script) : fail('tx.address', noAddressOn(address, network))
}

const scriptOn = (address: string, network: Network): Uint8Array | undefined =>
  witnessScript(address, network) ?? legacyScript(address, network)

function noAddressOn(address: string, network: Network): string {
  const shown = `«${address.length > 100 ? `${address.slice(0, 100)}…` : address}»`
  const others = (Object.keys(prefixes) as Network[]).filter((other) => other !== network && scriptOn(address, other) !== undefined)
  const wanted = `an address on ${network}, which begins with ${prefixes[network]}1`
  return others.length === 0
    ? `${shown} is no bitcoin address: a character of it is wrong or missing. Give ${wanted}.`
    : `${shown} is an address on ${others.join(' or ')}, and this node is on ${network}. Give ${wanted}.`
}

function witnessScript(address: string, network: Network): Uint8Array | undefined {
  for (const code of [bech32, bech32m]) {
    const decoded = code.decodeUnsafe(address, 90)
    if (!decoded || decoded.prefix !== prefixes[network]) continue
    const [version = 99, ...words] = decoded.words
    const program = code.fromWordsUnsafe(words)
    const lengthFits =
      program && (version === 0 ? program.length === 20 || program.length === 32 : program.length >= 2 && program.length <= 40)
    if (!program || !lengthFits || version > 16 || (version === 0) !== (code === bech32)) return undefined
    return concatBytes(Uint8Array.of(version === 0 ? 0 : 0x50 + version, program.length), program)
  }
  return undefined
}

function legacyScript(address: string, network: Network): Uint8Array | undefined {
  try {
    const decoded = addresses.fromBase58Check(address)
    const fits = decoded.version === legacy[network].pubKeyHash || decoded.version === legacy[network].scriptHash
    return fits ? addresses.toOutputScript(address, legacy[network]) : undefined
  } catch {
    return undefined
  }
}
