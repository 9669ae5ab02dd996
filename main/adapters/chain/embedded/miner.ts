/** Makes real blocks: coinbase with height (BIP34) and witness commitment (BIP141), merkle root, proof of work at regtest's difficulty. */
import { createHash } from 'node:crypto'
import { Block, fromDisplay, Transaction } from '../../../../roles/protocol/tx/index.ts'
import type { MempoolEntry } from './entries.ts'
import { regtest, subsidy } from './params.ts'

export interface BlockPlan {
  previous: string
  height: number
  /** Seconds since the epoch. */
  time: number
  script: Uint8Array
  entries: MempoolEntry[]
  /** Makes the coinbase differ from that of a rival block with equal contents. */
  salt: number
}

/** Room for the header, the coinbase and the transaction count, in weight units. */
const reservedWeight = 8_000

/** Entries that fit in a block, in the mempool's order, so parents before children. */
function fitting(entries: MempoolEntry[]): MempoolEntry[] {
  const chosen = new Set<string>()
  let weight = reservedWeight
  return entries.filter((entry) => {
    const fits = weight + entry.transaction.weight() <= regtest.maxBlockWeight && [...entry.parents].every((id) => chosen.has(id))
    if (!fits) return false
    weight += entry.transaction.weight()
    chosen.add(entry.txid)
    return true
  })
}

/** Mines one block; takes about two tries of the nonce. */
export function mineBlock(plan: BlockPlan): Uint8Array {
  const chosen = fitting(plan.entries)
  const fees = chosen.reduce((sum, entry) => sum + entry.fee, 0n)
  const transactions = [coinbase(plan, subsidy(plan.height) + fees), ...chosen.map((entry) => entry.transaction)]
  commitToWitnesses(transactions)
  const block = new Block()
  block.version = 0x20000000
  block.prevHash = fromDisplay(plan.previous)
  block.merkleRoot = Block.calculateMerkleRoot(transactions)
  block.timestamp = plan.time
  block.bits = regtest.bits
  block.transactions = transactions
  while (!block.checkProofOfWork()) block.nonce++
  return block.toBuffer()
}

function coinbase(plan: BlockPlan, value: bigint): Transaction {
  const transaction = new Transaction()
  transaction.version = 2
  const salt = Buffer.alloc(9)
  salt[0] = 8
  salt.writeBigUInt64LE(BigInt(plan.salt), 1)
  transaction.addInput(new Uint8Array(32), 0xffffffff, 0xffffffff, Uint8Array.of(...pushNumber(plan.height), ...salt))
  transaction.setWitness(0, [new Uint8Array(32)])
  transaction.addOutput(plan.script, value)
  return transaction
}

/** A number as script pushes it: small ones as opcodes, others minimal little-endian with room for the sign. */
function pushNumber(value: number): number[] {
  if (value === 0) return [0]
  if (value <= 16) return [0x50 + value]
  const digits: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) digits.push(rest & 0xff)
  if ((digits.at(-1) ?? 0) & 0x80) digits.push(0)
  return [digits.length, ...digits]
}

function commitToWitnesses(transactions: Transaction[]): void {
  const hashes = transactions.map((transaction, index) => (index === 0 ? new Uint8Array(32) : transaction.getHash(true)))
  const commitment = doubleHash([merkleRoot(hashes), new Uint8Array(32)])
  transactions[0]?.addOutput(Uint8Array.of(0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed, ...commitment), 0n)
}

function doubleHash(parts: Uint8Array[]): Uint8Array {
  const first = createHash('sha256').update(Buffer.concat(parts)).digest()
  return createHash('sha256').update(first).digest()
}

/** Bitcoin's merkle root: the last hash of an odd row is paired with itself. */
function merkleRoot(hashes: Uint8Array[]): Uint8Array {
  let row = hashes
  while (row.length > 1) {
    row = Array.from({ length: Math.ceil(row.length / 2) }, (_, at) => {
      const left = row[at * 2] ?? new Uint8Array(32)
      return doubleHash([left, row[at * 2 + 1] ?? left])
    })
  }
  return row[0] ?? new Uint8Array(32)
}
