/** The newest value of a key from its address alone: no index, no tick, no Supervisor. */
import { describe, expect, it } from 'vitest'
import { outlineOf } from '../../../../roles/protocol/requests/index.ts'
import { newestValue, type KeyLogInput } from '../../../../roles/protocol/ticks/index.ts'
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import { fail, failForNow, ok } from '../../../../roles/protocol/result.ts'
import type { AnchoredTransaction } from '../../../../roles/protocol/events.ts'
import { anchorOf, crypto, makeReservation, makeUpdate, notes } from '../../supervisor/actors.ts'
import { peopleTown, tickSecrets, type Town } from '../../supervisor/town.ts'
import { keyPair } from '../../../tools/seeded.ts'

const outline = outlineOf(notes)

interface Shelf {
  town: Town
  key: string
  add(document: OpenedDocument, money: { spends?: string[]; pays?: string[] }): AnchoredTransaction
  write(text: string, endpoint: 'post' | 'edit', replaces: string): OpenedDocument<'update'>
  /** Why a document cannot be had, by its digest. */
  failures: Map<string, ReturnType<typeof fail>>
  read(key?: string): ReturnType<typeof newestValue>
  /** Types of the documents that the last `read` fetched. */
  fetched: string[]
}

/** A reserved key of the town, and transactions that name it. */
async function shelf(seed: string): Promise<Shelf> {
  const town = await peopleTown(seed)
  const { cast, app } = town
  const pair = cast.keys[0]!
  const anchored = [...town.chain.values()]
  const documents = new Map<string, OpenedDocument>()
  for (const transaction of anchored) documents.set(transaction.anchor.sha256, town.lookup(transaction)!)
  const failures: Shelf['failures'] = new Map()
  const fetched: string[] = []
  return {
    town,
    key: pair.publicKey,
    failures,
    fetched,
    add(document, money) {
      documents.set(document.sha256, document)
      anchored.push(anchorOf(document, town.height() + anchored.length, money))
      return anchored.at(-1)!
    },
    write: (text, endpoint, replaces) => makeUpdate(cast, { app, tick: 2, ...tickSecrets(town, 2), endpoint, key: pair, replaces, text }),
    read(key = pair.publicKey) {
      fetched.length = 0
      const fetch: KeyLogInput['fetch'] = ({ sha256 }, type) => {
        fetched.push(type)
        return Promise.resolve(failures.get(sha256) ?? ok(documents.get(sha256)!))
      }
      return newestValue({ crypto }, { app, key, outline, anchored, fetch })
    },
  }
}

const reservedVersion = ({ town, key }: Shelf): string => town.keeper.ledger.database.keys.get(key)!.version

describe('the newest value of a key', () => {
  it('[D2] is its reservation, then what the last transaction from its address published', async () => {
    const made = await shelf('newest')
    const [client, spends] = [made.town.cast.client.publicKey, [made.key]]
    expect(await made.read()).toMatchObject({
      ok: true,
      value: { collection: 'notes', owner: client, version: reservedVersion(made), written: false, fields: null },
    })
    const first = made.add(made.write('first', 'post', reservedVersion(made)), { spends })
    const one = await made.read()
    expect(one).toMatchObject({
      ok: true,
      value: { txid: first.txid, height: first.height, owner: client, written: true, fields: { author: client, text: 'first' } },
    })
    expect(made.fetched).toEqual(['update'])
    const last = made.add(made.write('second', 'edit', one.ok ? one.value.version : ''), { spends })
    expect(await made.read()).toMatchObject({ ok: true, value: { txid: last.txid, fields: { author: client, text: 'second' } } })
  })

  it('[D2] has the version that the index has once a tick counted it', async () => {
    const made = await shelf('counted')
    const update = made.write('counted', 'post', reservedVersion(made))
    made.town.anchor(update, { spends: [made.key] })
    made.add(update, { spends: [made.key] })
    await made.town.mineTo(4)
    const found = await made.read()
    expect(found.ok && found.value.version).toBe(reservedVersion(made))
    expect(made.town.keeper.ledger.database.keys.get(made.key)).toMatchObject({ version: found.ok ? found.value.version : '' })
  })

  it('[K3][D2] is for nobody else to say: neither who pays the address, nor who anchors without its coin, nor an update that it did not sign', async () => {
    const made = await shelf('strangers')
    const { town, key } = made
    const { cast, app } = town
    const version = reservedVersion(made)
    const stranger = keyPair(cast.random)
    const honest = made.write('mine', 'post', version)
    made.add(honest, { spends: [key] })
    made.add(makeReservation(cast, stranger, app, [stranger]), { spends: [stranger.publicKey], pays: [key] })
    made.add(made.write('not spent', 'post', version), {})
    const other = makeUpdate(cast, {
      app,
      tick: 2,
      ...tickSecrets(town, 2),
      endpoint: 'post',
      key: stranger,
      replaces: version,
      text: 'another key',
    })
    made.add(other, { spends: [key] })
    const foreign = makeUpdate(cast, {
      app: 'cd'.repeat(32),
      tick: 2,
      ...tickSecrets(town, 2),
      endpoint: 'post',
      key: cast.keys[0]!,
      replaces: version,
      text: 'another app',
    })
    made.add(foreign, { spends: [key] })
    expect(await made.read()).toMatchObject({ ok: true, value: { fields: { text: 'mine' } } })
    const unsigned = await made.read(stranger.publicKey)
    expect(unsigned).toMatchObject({ ok: false, error: { code: 'key.none' } })
  })

  it('[D2] is not an older one while the torrent of the newest cannot be had, and is when that one is broken for good', async () => {
    const made = await shelf('absent')
    const version = reservedVersion(made)
    made.add(made.write('older', 'post', version), { spends: [made.key] })
    const newer = made.write('newer', 'post', version)
    made.add(newer, { spends: [made.key] })
    made.failures.set(newer.sha256, failForNow('swarm.timeout', 'nobody has it'))
    expect(await made.read()).toMatchObject({ ok: false, error: { code: 'swarm.timeout', retryable: true } })
    made.failures.set(newer.sha256, fail('update.schema', 'not an update'))
    expect(await made.read()).toMatchObject({ ok: true, value: { fields: { text: 'older' } } })
  })

  it('[D2] says so when a write of some fields rests on a version that is not in the log', async () => {
    const made = await shelf('torn')
    made.add(made.write('no author', 'edit', '12'.repeat(32)), { spends: [made.key] })
    expect(await made.read()).toMatchObject({ ok: false, error: { code: 'key.log' } })
  })
})
