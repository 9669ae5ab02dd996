/** A Supervisor runs servers, too, and would like to see one block of one person: it names no holders, so what it can do is lie, and that is seen. */
import { describe, expect, it } from 'vitest'
import { toHex, utf8 } from '../../roles/protocol/bytes.ts'
import { dealer, holdingOf, plannedIn, termsOf } from '../../roles/protocol/requests/index.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { openTown } from '../roles/supervisor/town.ts'

const id = (label: string): string => toHex(crypto.sha256(utf8(label)))

describe('a Supervisor with servers of its own', () => {
  it('names no holder of any block: a plan lists commitments, versions and who is ready, and every reader deals the same', async () => {
    const town = await openTown('ears', { minimumServers: 6, witnesses: 1, spare: 1 }, 7)
    await town.mineTo(2)
    const { document } = town.ticks[2]!
    const [plan] = document.body.plans
    expect(Object.keys(plan!).sort()).toEqual(['code', 'endpoints', 'ready', 'readyFile', 'sealing', 'tick'])
    expect(Object.keys(plan!.endpoints['post']![0]!).sort()).toEqual(['code', 'label', 'versions'])
    const planned = plannedIn(document, 5, termsOf(town.offer.body))!
    const [ours, theirs] = [holdingOf(crypto, planned), holdingOf(crypto, structuredClone(planned))]
    for (const block of [0, 1]) expect(ours.holders('post', block)).toEqual(theirs.holders('post', block))
    // It gives code to those alone to whom blocks were dealt.
    const holders = new Set([...ours.holders('post', 0), ...ours.holders('post', 1), ...ours.holders('edit', 0)])
    expect(new Set(plan!.code.map(({ server }) => server))).toEqual(holders)
  })

  it('gets its share of a block and no more, tick by tick, whatever it has named its servers', () => {
    const ready = Array.from({ length: 20 }, (_, i) => id(`server ${i}`)).sort()
    const own = new Set(ready.slice(0, 4))
    const terms = { witnesses: 2, spare: 2, versions: 2 }
    let held = 0
    for (let tick = 1; tick <= 500; tick++) {
      const [first] = dealer(crypto, { hash: id(`block ${tick}`), tick, ready, blocks: 2, terms })('post', 2)
      held += first!.filter(({ server }) => own.has(server)).length
    }
    // Ten of twenty servers hold the block: four own ones make two of them on average, in 500 ticks 1,000; the deviation is about 19.
    expect(Math.abs(held - 1_000)).toBeLessThan(100)
  })
})
