/** What a crash, a bug or a stranger does to the node's own machinery: queue, wallet and documents. */
import { describe, expect, it } from 'vitest'
import { createDocuments } from '../../main/core/documents/index.ts'
import { createEngine, type AnyEffect } from '../../main/core/engine.ts'
import { KEEP_LEDGERS, ledgerRows, storedLedger } from '../../main/core/supervisor/ledger-store.ts'
import type { LogPort } from '../../main/core/ports.ts'
import { fromHex, toHex, utf8 } from '../../roles/protocol/bytes.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { createLedger } from '../../roles/protocol/ticks/index.ts'
import { outlineOf } from '../../roles/protocol/requests/index.ts'
import { must, ok } from '../../roles/protocol/result.ts'
import { p2trScript, parseTransaction } from '../../roles/protocol/tx/index.ts'
import { PROTOCOL_VERSION } from '../../roles/protocol/version.ts'
import { makeWallet } from '../core/wallet/service.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { createNetwork } from '../simulation/ports/network.ts'
import { createSeededRandom } from '../simulation/ports/random.ts'
import { createSwarmNetwork } from '../simulation/ports/swarm.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'
import { crypto, notes } from '../roles/supervisor/actors.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

const log: LogPort = { log: () => undefined }

describe('the engine', () => {
  it('goes on after an event that a role cannot take, and keeps the state that is on disk', async () => {
    const storage = createMemoryStorage()
    const engine = createEngine({ storage, log, after: () => () => undefined })
    const role = engine.add<number, { type: string; add: number }, AnyEffect>({
      name: 'counter',
      initial: 0,
      perform: () => Promise.resolve([]),
      step(state, { add }) {
        if (add < 0) throw new Error('a bug')
        return { state: state + add, effects: [] }
      },
    })
    await expect(role.dispatch({ type: 'count', add: -1 })).rejects.toThrow('a bug')
    await role.dispatch({ type: 'count', add: 2 })
    expect(role.state()).toBe(2)
    expect(storage.get('role-state', 'counter')).toBe(2)
  })

  it('does not keep in memory what could not be written', async () => {
    let full = false
    const storage = createMemoryStorage(undefined, () => {
      if (full) throw new Error('the disk is full')
    })
    const engine = createEngine({ storage, log, after: () => () => undefined })
    const role = engine.add<number, { type: string }, AnyEffect>({
      name: 'counter',
      initial: 0,
      perform: () => Promise.resolve([]),
      step: (state) => ({ state: state + 1, effects: [] }),
    })
    full = true
    await expect(role.dispatch({ type: 'count' })).rejects.toThrow('full')
    expect(role.state()).toBe(0)
    full = false
    await role.dispatch({ type: 'count' })
    expect(role.state()).toBe(1)
  })

  it('repeats an effect whose answer a role cannot take, instead of ending the process', async () => {
    const later: Array<() => void> = []
    const engine = createEngine({
      storage: createMemoryStorage(),
      log,
      after: (_ms, run) => {
        later.push(run)
        return () => undefined
      },
    })
    let broken = true
    const role = engine.add<string, { type: string }, AnyEffect>({
      name: 'asker',
      initial: '',
      perform: () => Promise.resolve([{ type: 'answer' }]),
      step(state, { type }) {
        if (type === 'ask') return { state, effects: [{ type: 'fetch' }] }
        if (broken) throw new Error('a bug')
        return { state: 'answered', effects: [] }
      },
    })
    await role.dispatch({ type: 'ask' })
    await engine.idle()
    expect(later).toHaveLength(1)
    broken = false
    later[0]!()
    await engine.idle()
    expect(role.state()).toBe('answered')
  })
})

describe('the wallet', () => {
  it('does not lose a payment that is made while a block is on its way to the disk', async () => {
    const { wallet, storage, mine, other } = await makeWallet('race')
    const paying = wallet.pay({ outputs: [{ script: other, value: 10_000 }], spendFromKeys: [], record: () => [] })
    const arriving = mine(other)
    const paid = must(await paying)
    await arriving
    const stored = storage.get('wallet', 'state') as unknown as { pending: Array<{ txid: string }>; tip: { height: number } }
    expect(stored.pending.map(({ txid }) => txid)).toEqual([paid.txid])
    expect(stored.tip.height).toBe(103)
  })

  it('signs for a key with the coin that others can know, not with dust that a stranger sent to its address', async () => {
    const { wallet, mine, other, node, sent } = await makeWallet('dust')
    const key = wallet.watchKey({ purpose: 'client', app: 'aa'.repeat(32), index: 0 }, 'identity')
    const anchor = Uint8Array.of(0x6a, 0x3a, ...utf8('GOLM'), PROTOCOL_VERSION, 5, ...new Uint8Array(52))
    const script = must(p2trScript(fromHex(key.publicKey)))
    must(await wallet.pay({ outputs: [{ script, value: 700 }], spendFromKeys: [], record: () => [] }))
    await mine(other)
    const known = must(
      await wallet.pay({
        outputs: [
          { script: anchor, value: 0 },
          { script, value: 330 },
        ],
        spendFromKeys: [],
        record: () => [],
      }),
    )
    await mine(other)
    expect(node.mempool.list()).toHaveLength(0)
    must(await wallet.pay({ outputs: [{ script: anchor, value: 0 }], spendFromKeys: [key.publicKey], record: () => [] }))
    const spent = must(parseTransaction(sent.at(-1)!)).ins.map(({ hash }) => toHex(Uint8Array.from(hash).reverse()))
    expect(spent).toContain(known.txid)
  })
})

describe('documents', () => {
  it('go on being seeded when a stranger anchors another digest for their torrent', async () => {
    const storage = createMemoryStorage()
    const random = seeded('drop')
    const signer = keyPair(random)
    const document = signDocument(crypto, 'grant', { key: signer.publicKey, note: '' }, signer, random(32))
    const swarms = createSwarmNetwork(createNetwork(createVirtualClock(), createSeededRandom('stranger')))
    const swarm = swarms.peer('ann')
    const wallet = {
      pay: ({ record }: { record: (txid: string, fee: number) => never[] }) => {
        storage.transact(record('22'.repeat(32), 1))
        return Promise.resolve(ok({ txid: '22'.repeat(32), fee: 1 }))
      },
    }
    const open = () => createDocuments({ crypto, storage, swarm, wallet: wallet as never, fetchTimeoutMs: 1000 })
    const documents = open()
    const published = must(
      await documents.publish({ documentType: 'grant', document: document.bytes, files: [], spendFromKeys: [], payToKeys: [] }),
    )
    for (const each of [documents, open()]) {
      const fetched = await each.fetch({ sha256: '33'.repeat(32), infohash: published.reference.infohash }, 'grant')
      expect(fetched).toMatchObject({ ok: false, error: { code: 'document.digest' } })
    }
    expect(swarm.status().stored).toBe(1)
  })
})

describe('the Supervisor on disk', () => {
  it('goes on from the newest branch after a reorg to fewer ticks, not from the one that is gone', () => {
    const storage = createMemoryStorage()
    const at = (number: number, app: string) =>
      storage.transact(ledgerRows(storage, number, { ...createLedger(app, outlineOf(notes)), number }))
    for (let number = 0; number <= 10; number++) at(number, 'gone')
    at(8, 'best')
    expect(storedLedger(storage)).toMatchObject({ app: 'best', number: 8 })
    expect(storage.list('supervisor').length).toBeLessThanOrEqual(KEEP_LEDGERS)
  })
})
