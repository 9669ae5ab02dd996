/**
 * Edges: the sealed values that travel between the blocks of a request. One symmetric key per edge, made by the client; who holds
 * it can read the value and check it against the public commitment, everybody else moves ciphertext.
 */
import { equalBytes, parseBase64, parseHex, toBase64, toHex, utf8 } from '../bytes.ts'
import type { CryptoPort } from '../crypto/index.ts'
import { pad, unpad } from './padding.ts'
import { fail, ok, type Result } from '../result.ts'

export interface SealedEdge {
  /** Tagged SHA-256 of salt and value, hex. Hides the value, binds to it. */
  commit: string
  /** ChaCha20-Poly1305 ciphertext, base64. */
  box: string
}

/** The key is 32 uniform bytes, so one hash is enough. */
const derive = (crypto: CryptoPort, key: Uint8Array, purpose: 'salt' | 'box', id: string): Uint8Array =>
  crypto.taggedHash(`golem/edge-${purpose}`, key, utf8(id))

/** The salt of an edge's commitment, 32 bytes; handing it out with the value lets others check the value but not open boxes. */
export const edgeSalt = (crypto: CryptoPort, key: Uint8Array, edgeId: string): Uint8Array => derive(crypto, key, 'salt', edgeId)

const commitment = (crypto: CryptoPort, salt: Uint8Array, value: Uint8Array): Uint8Array => crypto.taggedHash('golem/edge', salt, value)

/** The commitment of a value (canonical bytes) under an edge's key, hex: what `sealEdge` commits to. */
export const edgeCommit = (crypto: CryptoPort, key: Uint8Array, edgeId: string, value: Uint8Array): string =>
  toHex(commitment(crypto, edgeSalt(crypto, key, edgeId), value))

/** Whether `commit` (hex) commits to `value` under `salt`. */
export function verifyCommit(crypto: CryptoPort, commit: string, salt: Uint8Array, value: Uint8Array): boolean {
  const expected = parseHex(commit, 32)
  return expected.ok && salt.length === 32 && equalBytes(expected.value, commitment(crypto, salt, value))
}

/**
 * Seals a value (canonical bytes) under the edge's 32-byte key. Deterministic: the nonce is the head of the salted commitment, so
 * even a key used for two values never repeats a nonce with different content.
 * @param room of the edge's type (`padding.ts`): the box tells no more of the value's size
 */
export function sealEdge(crypto: CryptoPort, key: Uint8Array, edgeId: string, value: Uint8Array, room: number): SealedEdge {
  const commit = commitment(crypto, edgeSalt(crypto, key, edgeId), value)
  const box = crypto.aead.seal(derive(crypto, key, 'box', edgeId), commit.subarray(0, 12), pad(value, room), commit)
  return { commit: toHex(commit), box: toBase64(box) }
}

/**
 * Opens an edge and checks its commitment. @param room of the edge's type
 * Errors: `edge.malformed`, `edge.closed` (wrong key, id or damage), `edge.padding`, `edge.commitment`.
 */
export function openEdge(crypto: CryptoPort, key: Uint8Array, edgeId: string, edge: SealedEdge, room: number): Result<Uint8Array> {
  const commit = parseHex(edge.commit, 32)
  const box = parseBase64(edge.box)
  if (!commit.ok || !box.ok) return fail('edge.malformed', `Edge ${edgeId} is not a commitment and a base64 box.`)
  const padded = crypto.aead.open(derive(crypto, key, 'box', edgeId), commit.value.subarray(0, 12), box.value, commit.value)
  if (padded === null) return fail('edge.closed', `Edge ${edgeId} does not open with this key. Check that the request named this server.`)
  const value = unpad(padded, room)
  if (value === null)
    return fail('edge.padding', `The box of edge ${edgeId} is not as large as its type makes it, or holds more than a value.`)
  if (!verifyCommit(crypto, edge.commit, edgeSalt(crypto, key, edgeId), value)) {
    return fail('edge.commitment', `The value of edge ${edgeId} is not the one committed to.`)
  }
  return ok(value)
}
