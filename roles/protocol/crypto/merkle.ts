/**
 * Merkle trees over tagged hashes, so that a leaf can never be read as a node. Levels are built pairwise; an odd last node is
 * promoted unchanged, never duplicated. A tree without leaves has the root taggedHash('golem/merkle/empty').
 *
 * Proofs carry the number of leaves: a root alone does not bind it, so callers commit to root and count together.
 */
import { equalBytes } from '../bytes.ts'
import type { CryptoPort } from './crypto.ts'

const HASH = 32

/** All levels of a tree, from leaf hashes to the root, each one flat buffer of 32-byte hashes. */
export interface MerkleTree {
  readonly count: number
  readonly levels: readonly Uint8Array[]
  readonly root: Uint8Array
}

export const leafHash = (crypto: CryptoPort, leaf: Uint8Array): Uint8Array => crypto.taggedHash('golem/merkle/leaf', leaf)

const nodeHash = (crypto: CryptoPort, pair: Uint8Array): Uint8Array => crypto.taggedHash('golem/merkle/node', pair)

const emptyRoot = (crypto: CryptoPort): Uint8Array => crypto.taggedHash('golem/merkle/empty')

const at = (level: Uint8Array, index: number): Uint8Array => level.subarray(index * HASH, (index + 1) * HASH)

/** The level above: pairs hashed, an odd last node promoted. */
function parentLevel(crypto: CryptoPort, level: Uint8Array): Uint8Array {
  const count = level.length / HASH
  const above = new Uint8Array(Math.ceil(count / 2) * HASH)
  for (let i = 0; i + 1 < count; i += 2) above.set(nodeHash(crypto, level.subarray(i * HASH, (i + 2) * HASH)), (i / 2) * HASH)
  if (count % 2 === 1) above.set(at(level, count - 1), above.length - HASH)
  return above
}

/** Builds the tree over leaf hashes that lie one after another in a flat buffer. */
export function merkleTree(crypto: CryptoPort, leafHashes: Uint8Array): MerkleTree {
  const levels = [leafHashes]
  while (levels.at(-1)!.length > HASH) levels.push(parentLevel(crypto, levels.at(-1)!))
  const top = levels.at(-1)!
  return { count: leafHashes.length / HASH, levels, root: top.length === 0 ? emptyRoot(crypto) : top }
}

/** Hashes leaves of any length into the flat buffer that `merkleTree` takes. */
export function leafHashes(crypto: CryptoPort, leaves: readonly Uint8Array[]): Uint8Array {
  const flat = new Uint8Array(leaves.length * HASH)
  leaves.forEach((leaf, i) => flat.set(leafHash(crypto, leaf), i * HASH))
  return flat
}

/** The 32-byte root over leaves of any length. */
export const merkleRoot = (crypto: CryptoPort, leaves: readonly Uint8Array[]): Uint8Array =>
  merkleTree(crypto, leafHashes(crypto, leaves)).root

/**
 * Proof that the leaves [from, to) are at their places: per level, from the leaves up, the left neighbour if the range starts
 * odd, then the right neighbour if it ends odd and has one. The range must hold at least one leaf.
 */
export function rangeProof(tree: MerkleTree, from: number, to: number): Uint8Array[] {
  if (!(from >= 0 && from < to && to <= tree.count)) throw new RangeError('A Merkle range proof covers at least one existing leaf.')
  const proof: Uint8Array[] = []
  let [low, high] = [from, to]
  for (const level of tree.levels.slice(0, -1)) {
    if (low % 2 === 1) proof.push(at(level, low - 1))
    if (high % 2 === 1 && high < level.length / HASH) proof.push(at(level, high))
    low = Math.floor(low / 2)
    high = Math.ceil(high / 2)
  }
  return proof
}

/** Proof for one leaf, see `rangeProof`. */
export const merkleProof = (tree: MerkleTree, index: number): Uint8Array[] => rangeProof(tree, index, index + 1)

/**
 * The root that the leaf hashes at `from`… of a tree with `count` leaves lead to, or null when the proof is too long, too short,
 * or holds anything but 32-byte hashes. An empty range leads nowhere.
 */
export function rootOfRange(
  crypto: CryptoPort,
  hashes: readonly Uint8Array[],
  from: number,
  count: number,
  proof: readonly Uint8Array[],
): Uint8Array | null {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(from) || from < 0 || hashes.length === 0 || from + hashes.length > count)
    return null
  if (![...hashes, ...proof].every((hash) => hash.length === HASH)) return null
  let [level, low, width, used] = [[...hashes], from, count, 0]
  const missing = new Uint8Array(HASH)
  while (width > 1) {
    const left = low % 2
    const high = low + level.length
    if (left === 1) level.unshift(proof[used++] ?? missing)
    if (high % 2 === 1 && high < width) level.push(proof[used++] ?? missing)
    level = foldPairs(crypto, level)
    low = (low - left) / 2
    width = Math.ceil(width / 2)
  }
  return used === proof.length ? level[0]! : null
}

/** Whether the leaf hashes are those at `from`… of a tree with `count` leaves and this root, see `rootOfRange`. */
export function verifyRangeProof(
  crypto: CryptoPort,
  hashes: readonly Uint8Array[],
  from: number,
  count: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const top = rootOfRange(crypto, hashes, from, count, proof)
  return top !== null && equalBytes(top, root)
}

function foldPairs(crypto: CryptoPort, level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = []
  const pair = new Uint8Array(2 * HASH)
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1]
    if (right === undefined) above.push(level[i]!)
    else {
      pair.set(level[i]!)
      pair.set(right, HASH)
      above.push(nodeHash(crypto, pair))
    }
  }
  return above
}

/** Whether a leaf hash is at `index` of a tree with `count` leaves and this root. */
export const verifyProof = (
  crypto: CryptoPort,
  leaf: Uint8Array,
  index: number,
  count: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean => verifyRangeProof(crypto, [leaf], index, count, proof, root)
