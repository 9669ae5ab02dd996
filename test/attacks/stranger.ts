/** Somebody with a coin in a simulated world, who is nobody there: its coin pays for anchors of whatever it likes. */
import { fastCrypto as crypto } from '../../main/adapters/crypto/fast.ts'
import { fromHex } from '../../roles/protocol/bytes.ts'
import { must } from '../../roles/protocol/result.ts'
import { buildTransaction, p2trScript, parseTransaction, signTransaction, tweakPrivateKey } from '../../roles/protocol/tx/index.ts'
import { NOBODY, type World } from '../simulation/network/world.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

const random = seeded('a stranger with coins')
const OWN = keyPair(random)
/** Where the stranger's coins are: to be among the `coins` of a world. */
export const script = must(p2trScript(fromHex(OWN.publicKey)))
const FEE = 100_000n

export interface Coin {
  txid: string
  vout: number
  value: bigint
}

/** The first coin on the chain that is the stranger's. */
export function firstCoin(world: World): Coin {
  for (const raw of world.chain.transactions()) {
    const transaction = must(parseTransaction(raw))
    const vout = transaction.outs.findIndex((output) => Buffer.from(output.script).equals(Buffer.from(script)))
    if (vout >= 0) return { txid: transaction.getId(), vout, value: transaction.outs[vout]!.value }
  }
  throw new Error('the stranger has no coin: name its script among the coins of the world')
}

/** Gives a transaction to the node that all share. @returns its id */
export function spend(world: World, coin: Coin, outputs: Array<{ script: Uint8Array; value: bigint }>): string {
  const transaction = must(buildTransaction({ inputs: [{ ...coin, script }], outputs }))
  const secrets = new Map([[0, tweakPrivateKey(OWN.privateKey)]])
  return world.chain.submit(
    signTransaction(transaction, secrets, (hash, secret) => crypto.schnorr.sign(hash, secret, random(32))).toBuffer(),
  )
}

/** So many coins in a block, made of the first. */
export function splitCoin(world: World, count: number): Coin[] {
  const coin = firstCoin(world)
  const value = (coin.value - FEE) / BigInt(count)
  const txid = spend(
    world,
    coin,
    Array.from({ length: count }, () => ({ script, value })),
  )
  world.chain.mine(1, NOBODY)
  return Array.from({ length: count }, (_, vout) => ({ txid, vout, value }))
}
