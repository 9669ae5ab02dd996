/**
 * What dealing costs: all blocks of 20 endpoints with three blocks each over 10,000 ready servers, which everybody does for each plan.
 *
 * Floor: at most three times the hashes alone, with nothing sorted and nothing dealt, in the same run.
 */
import { concatBytes, fromHex, toHex, uint32, utf8 } from '../../roles/protocol/bytes.ts'
import { nobleCrypto as crypto, taggedPrefix } from '../../roles/protocol/crypto/index.ts'
import { dealer, named } from '../../roles/protocol/requests/index.ts'

const [SERVERS, ENDPOINTS, BLOCKS, ROUNDS] = [10_000, 20, 3, 5]
const id = (label: string): string => toHex(crypto.sha256(utf8(label)))
const ready = Array.from({ length: SERVERS }, (_, i) => id(`server ${i}`)).sort()
const names = Array.from({ length: ENDPOINTS }, (_, i) => `endpoint${i}`)
const hash = id('block')

function hashesAlone(): void {
  const servers = ready.map(fromHex)
  for (const name of names) {
    for (let block = 0; block < BLOCKS; block++) {
      const of = taggedPrefix('golem/holder', concatBytes(fromHex(hash), uint32(9), named(name), Uint8Array.of(block)))
      for (const server of servers) of(server)
    }
  }
}

function deal(): void {
  const terms = { witnesses: 2, spare: 2, versions: 4 }
  const dealt = dealer(crypto, { hash, tick: 9, ready, blocks: ENDPOINTS * BLOCKS, terms })
  for (const name of names) if (dealt(name, BLOCKS).some((holders) => holders.length !== 167)) throw new Error('a block lacks holders')
}

/** Milliseconds of the fastest of a few runs, the first of which only warms up. */
function fastest(run: () => void): number {
  const times = Array.from({ length: ROUNDS + 1 }, () => {
    const began = performance.now()
    run()
    return performance.now() - began
  })
  return Math.min(...times.slice(1))
}

const alone = fastest(hashesAlone)
const dealing = fastest(deal)
const ratio = dealing / alone
console.log(`${SERVERS} servers, ${ENDPOINTS} endpoints of ${BLOCKS} blocks`)
console.log(`hashes alone  ${alone.toFixed(0)} ms`)
console.log(`dealing       ${dealing.toFixed(0)} ms, ${ratio.toFixed(2)} times`)
process.exitCode = ratio <= 3 ? 0 : 1
