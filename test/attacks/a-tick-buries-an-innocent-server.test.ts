/**
 * A Supervisor that wants to be rid of a server. Whatever it lists, signs and reveals, no node obeys a tombstone before it has seen evidence that holds:
 * the innocent go on, the tick is faulty, and whoever follows it is told.
 */
import { describe, expect, it } from 'vitest'
import { createBurials } from '../../main/core/burials.ts'
import type { Services } from '../../main/core/services.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { signDocument, type OpenedDocument, type Tick } from '../../roles/protocol/documents/index.ts'
import { outlineOf, termsOf, type RevealFile } from '../../roles/protocol/requests/index.ts'
import { fail, must, ok, type Result } from '../../roles/protocol/result.ts'
import { audit, type Graves } from '../../roles/protocol/ticks/index.ts'
import { clamped } from '../../roles/protocol/crypto/index.ts'
import { fileEntry } from '../../roles/protocol/index/index.ts'
import { checkStamps, readReveal } from '../../roles/protocol/stamps/index.ts'
import { crypto, makeUpdate, notes, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { fileOf, offersIn, peopleTown, tickSecrets, type Town } from '../roles/supervisor/town.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

/** A log as a node finds it: signed ticks with their files. */
interface Log {
  ticks: Array<OpenedDocument<'tick'>>
  files: Map<string, Map<string, Uint8Array>>
}

/** What a Supervisor publishes: its town's log, with other content in some ticks; every tick from the first change on names the changed one before. */
function publish(town: Town, change: (tick: Tick, files: Map<string, Uint8Array>) => Partial<Tick> | null): Log {
  const log: Log = { ticks: [], files: new Map() }
  for (const { document, files } of town.ticks) {
    const { sig: _sig, ...tick } = document.body
    const last = log.ticks.at(-1)
    const previous = last === undefined ? null : { sha256: last.sha256, infohash: last.sha256.slice(0, 40) }
    const own = new Map(files)
    const changed = change(tick, own)
    const isSame = changed === null && previous?.sha256 === tick.previous?.sha256
    const signed = isSame
      ? document
      : signDocument(crypto, 'tick', { ...tick, previous, ...changed }, town.cast.supervisor, town.cast.random(32))
    log.ticks.push(signed)
    log.files.set(signed.sha256.slice(0, 40), own)
  }
  return log
}

/** What a node of this log finds out about the tombstones of its newest tick, by the code that servers and clients run. */
async function followed(town: Town, log: Log): Promise<Graves> {
  const documents = {
    fetch: (reference: { sha256: string }): Promise<Result<OpenedDocument>> => {
      const found = log.ticks.find((tick) => tick.sha256 === reference.sha256)
      return Promise.resolve(found === undefined ? fail('test.tick', reference.sha256) : ok(found as OpenedDocument))
    },
    fetchFile: (infohash: string, file: { name: string; sha256: string }): Promise<Result<Uint8Array>> => {
      const bytes = log.files.get(infohash)?.get(file.name)
      const isRight = bytes !== undefined && toHex(crypto.sha256(bytes)) === file.sha256
      return Promise.resolve(isRight ? ok(bytes) : fail('document.digest', file.name))
    },
  } as unknown as Services['documents']
  const { body } = town.offer
  const offer = { outline: outlineOf(notes), budget: body.budget, terms: termsOf(body) }
  const desk = createBurials({ crypto, storage: createMemoryStorage(), documents }, town.app, () => Promise.resolve(offer))
  const newest = log.ticks.at(-1)!
  const reference = { sha256: newest.sha256, infohash: newest.sha256.slice(0, 40) }
  const graves = must(await desk.look(reference))
  expect(desk.known(newest.sha256)).toEqual(graves)
  return graves
}

const auditOf = (town: Town, log: Log): ReturnType<typeof audit> =>
  audit(
    { crypto },
    {
      app: town.app,
      offers: offersIn(town),
      ticks: log.ticks,
      fetchFile: (tick, name) => Promise.resolve(fileOf({ document: tick, files: log.files.get(tick.sha256.slice(0, 40))! }, name)),
      infohashOf: (sha256) => sha256.slice(0, 40),
      between: (from, to) => [...town.chain.values()].filter(({ height }) => height > from && height <= to),
    },
  )

async function scene(seed: string, change: Partial<UpdateOptions> = {}, until = 4) {
  const town = await peopleTown(seed)
  const key = town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
  const secrets = tickSecrets(town, 2)
  const update = makeUpdate(town.cast, { app: town.app, tick: 2, ...secrets, endpoint: 'post', key, replaces, text: 'x', ...change })
  town.anchor(update, { spends: [key.publicKey] })
  await town.mineTo(until)
  const [innocent] = update.body.lanes[0]!.map((link) => link.server)
  return { town, update, innocent: innocent!, honest: publish(town, () => null) }
}

const evidenceFile = (entries: unknown): { name: string; bytes: Uint8Array } => ({
  name: 'evidence',
  bytes: canonicalBytes(entries),
})

/** In tick `number` what the Supervisor says about `subject`, with whatever evidence. */
const burying =
  (number: number, subject: string, burials: Tick['burials'], entries: unknown) =>
  (tick: Tick, files: Map<string, Uint8Array>): Partial<Tick> | null => {
    if (tick.number < number) return null
    const tombstones = [...new Set([...tick.tombstones, subject])].sort()
    const servers = tick.servers.filter(({ id }) => id !== subject)
    if (tick.number > number || entries === null) return { tombstones, servers, ...(tick.number > number ? {} : { burials }) }
    const file = evidenceFile(entries)
    files.set(file.name, file.bytes)
    return { tombstones, servers, burials, evidence: fileEntry(crypto, file) }
  }

const stamped = (subject: string, update: OpenedDocument<'update'>, position = 0): Tick['burials'] => [
  { subject, evidence: { kind: 'stamp', update: update.sha256, lane: 0, position } },
]
const shown = (update: OpenedDocument<'update'>) => [{ kind: 'stamp', update: update.body }]

describe('a second document of a number', () => {
  /** The plan of tick 2 under another sealing key, whose secret D4 reveals: under it no opening opens, and link 0 looks guilty. */
  async function attack(rewrites: boolean) {
    const { town, update, innocent } = await scene('second document')
    const secret = clamped(new Uint8Array(32).fill(7))
    const name = town.ticks[4]!.document.body.reveal!.file.name
    const lying: RevealFile = {
      ...(JSON.parse(new TextDecoder().decode(town.ticks[4]!.files.get(name))) as RevealFile),
      sealing: toHex(secret),
    }
    // By the primes and the key alone the server of link 0 is guilty.
    expect(checkStamps({ crypto }, readReveal(crypto, lying), update.body).blamed).toContainEqual(
      expect.objectContaining({ subject: innocent, lane: 0, position: 0 }),
    )
    const log = publish(town, (tick, files) => {
      const plans = tick.plans.map((plan) => (plan.tick === 2 ? { ...plan, sealing: toHex(crypto.x25519.publicKey(secret)) } : plan))
      const replanned = rewrites && tick.plans.some((plan) => plan.tick === 2) ? { plans } : null
      if (tick.number !== 4) return replanned
      const reveal = { name, bytes: canonicalBytes(lying) }
      files.set(name, reveal.bytes)
      return {
        ...burying(4, innocent, stamped(innocent, update), shown(update))(tick, files),
        reveal: { tick: 2, file: fileEntry(crypto, reveal) },
      }
    })
    return { town, log, innocent }
  }

  it('with another sealing key, whose secret is revealed, buries no innocent server for those who follow it', async () => {
    const { town, log, innocent } = await attack(true)
    const graves = await followed(town, log)
    expect(graves).toMatchObject({ held: [], ignored: [innocent] })
    expect(graves.problems.join()).toContain('rests on a tick 2 that the chain does not have')
    expect(await auditOf(town, log)).toMatchObject({ ok: false })
  })

  it('buries none either for those who follow the first one', async () => {
    const { town, log, innocent } = await attack(false)
    const graves = await followed(town, log)
    expect(graves).toMatchObject({ held: [], ignored: [innocent] })
    expect(graves.problems.join()).toContain('the revealed primes are not those of the plan')
    expect(await auditOf(town, log)).toMatchObject({ ok: false })
  })
})

describe('a tombstone that nothing shows', () => {
  it('listed without a burial is ignored, then and in every later tick', async () => {
    const { town, innocent } = await scene('without', {}, 6)
    const log = publish(town, burying(4, innocent, [], null))
    const graves = await followed(town, log)
    expect(graves).toMatchObject({ held: [], ignored: [innocent] })
    expect(graves.problems).toEqual([`Tick 6 lists a tombstone of ${innocent} for which no tick has shown evidence. It is ignored.`])
    expect(await auditOf(town, log)).toMatchObject({ ok: false })
  })

  it('with the evidence of an honest update, of another update, of somebody else, or none, is ignored', async () => {
    const { town, update, innocent } = await scene('other evidence')
    const guilty = await scene('other guilty', { skips: 1 })
    const lies: Array<[Tick['burials'], unknown]> = [
      [stamped(innocent, update), shown(update)],
      [stamped(innocent, guilty.update), shown(guilty.update)],
      [stamped(innocent, update), shown(guilty.update)],
      [stamped(innocent, update), []],
      [stamped(innocent, update), null],
      [stamped(innocent, update), { rubbish: true }],
      [stamped(innocent, update), [{ kind: 'dispute', dispute: update.body, body: {}, salt: '00'.repeat(32) }]],
    ]
    for (const [burials, entries] of lies) {
      const log = publish(town, burying(4, innocent, burials, entries))
      const graves = await followed(town, log)
      expect(graves).toMatchObject({ held: [], ignored: [innocent] })
      expect(graves.problems[0]).toContain(innocent)
      expect(await auditOf(town, log)).toMatchObject({ ok: false })
    }
  })

  it('names a client whose update a server spoiled: the client is not expelled', async () => {
    const { town, update } = await scene('client', { skips: 1 })
    const client = town.cast.client.publicKey
    const log = publish(town, (tick, files) =>
      tick.number === 4 ? burying(4, client, [...tick.burials, ...stamped(client, update, 1)], shown(update))(tick, files) : null,
    )
    const graves = await followed(town, log)
    expect(graves).toMatchObject({ held: [update.body.lanes[0]![1]!.server], ignored: [client] })
    expect(await auditOf(town, log)).toMatchObject({ ok: false })
  })
})

describe('a guilty server', () => {
  it('is buried by evidence that every node verifies for itself', async () => {
    const { town, update, honest, innocent } = await scene('guilty', { skips: 1 })
    const guilty = update.body.lanes[0]![1]!.server
    expect(await followed(town, honest)).toEqual({ held: [guilty], ignored: [], problems: [] })
    expect(guilty).not.toBe(innocent)
    expect(await auditOf(town, honest)).toMatchObject({ ok: true })
  })

  it('stays buried when a later tick drops its tombstone, and whoever follows is told', async () => {
    const { town, update } = await scene('dropped', { skips: 1 }, 6)
    const guilty = update.body.lanes[0]![1]!.server
    const log = publish(town, (tick) => (tick.number >= 6 ? { tombstones: [] } : null))
    const graves = await followed(town, log)
    expect(graves).toEqual({
      held: [guilty],
      ignored: [],
      problems: [`Tick 6 no longer lists the tombstone of the server ${guilty}, which holds.`],
    })
    expect(await auditOf(town, log)).toMatchObject({ ok: false })
  })
})
