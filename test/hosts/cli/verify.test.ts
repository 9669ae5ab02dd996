/** What `golem verify` says of documents that a town's people signed. */
import { mkdirSync, readFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { signDocument, type OpenedDocument, type Tick } from '../../../roles/protocol/documents/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { changedByte } from '../../attacks/mutations.ts'
import { crypto, type UpdateOptions } from '../../roles/supervisor/actors.ts'
import { signAgain, type Town } from '../../roles/supervisor/town.ts'
import { golem, temporaryFolder } from './golem.ts'
import { ask, evidence, failing, guilty, put, scene, ticksOf, type Scene, type Ticks } from './verified.ts'

/** Tick 4 says another outcome of what it decides. */
const saying = (town: Town, outcome: string): Ticks =>
  signAgain(town, ({ number, summary }) =>
    number === 4 ? { summary: { ...summary, verdicts: summary.verdicts.map((one) => ({ ...one, outcome })) } } : {},
  )

describe('golem verify of an update', () => {
  let honest: Scene
  const folder = temporaryFolder()
  beforeAll(async () => {
    honest = await scene('verify honest')
  })

  it('with its ticks, offer and reveal: counted, with everything that was looked at', async () => {
    const { town, update } = honest
    const { code, value, text } = await ask(folder, put(folder, update.bytes), ...evidence(folder, town))
    expect([code, value.question, value.missing]).toEqual([0, 'update', []])
    expect(text).toContain('Yes: tick 4 counts the update')
    expect(value.checks.filter(({ holds }) => !holds)).toEqual([])
    const looked = 'signature decision signer start base lanes path seats digests writes threads keys stamp links'
    expect(value.checks.map(({ what }) => what)).toEqual(looked.split(' '))
    expect(guilty(value)).toEqual([])
  })

  it('found in folders of torrents, or by its digest in the documents of a tick', async () => {
    const { town, update } = honest
    const inside = join(folder, 'torrents')
    mkdirSync(inside)
    evidence(inside, town)
    put(inside, town.ticks[4]!.files.get('documents.0')!)
    put(inside, new TextEncoder().encode('a file that a BitTorrent client keeps beside'))
    expect((await ask(folder, update.sha256, 'torrents')).code).toBe(0)
    expect((await ask(folder, put(folder, update.bytes), 'torrents')).code).toBe(0)
  })

  it.each(['tick.4', 'tick.3', 'tick.2', 'offer', 'outline', 'reveal.2'])(
    'without %s: not proved, nobody is guilty, and what is missing is named',
    async (name) => {
      const { town, update } = honest
      const { code, value } = await ask(folder, put(folder, update.bytes), ...evidence(folder, town, ticksOf(town), [name]))
      expect([code, guilty(value), failing(value)]).toEqual([1, [], []])
      const missing = value.missing.map(({ what, sha256 }) => [what, sha256])
      if (name === 'tick.4') expect(value.answer).toContain('none of these documents decides')
      else if (name.startsWith('tick')) expect(missing).toContainEqual(['tick', ticksOf(town)[Number(name.slice(5))]!.sha256])
      else expect(missing).toEqual([[name === 'offer' ? 'offer' : 'file', expect.any(String)]])
    },
  )

  it('that a server spoiled: not counted, and the server is guilty', async () => {
    const { town, update } = await scene('verify spoiled', { skips: 1 })
    const { code, value } = await ask(folder, put(folder, update.bytes), ...evidence(folder, town))
    expect([code, failing(value)]).toEqual([1, ['decision', 'stamp', 'links']])
    expect(value.answer).toContain('(update.stamp)')
    expect(guilty(value)).toEqual([update.body.lanes[0]![1]!.server])
  })

  it('that counts though a server sealed rubbish: counted, and the server is guilty', async () => {
    const { town, update } = await scene('verify rubbish', { rubbish: [{ lane: 1, position: 0 }] })
    const { code, value } = await ask(folder, put(folder, update.bytes), ...evidence(folder, town))
    expect([code, failing(value)]).toEqual([0, ['links']])
    expect(guilty(value)).toEqual([update.body.lanes[1]![0]!.server])
  })

  it.each<[string, Partial<UpdateOptions>, string, string]>([
    ['a stamp that does not divide', { skips: 1 }, 'update.stamp', 'stamp'],
    ['servers that the client chose itself', { seats: (order) => [...order].reverse() }, 'update.seat', 'seats'],
    ['other writes than were signed', { tamper: ([one]) => [{ ...one!, key: 'ab'.repeat(32) }] }, 'update.digest', 'digests'],
    [
      'lanes of which one signs something else',
      { link: (one) => ({ ...one, outputs: one.lane === 1 ? '11'.repeat(32) : one.outputs }) },
      'update.lanes',
      'lanes',
    ],
    ['servers to which nothing was dealt', { link: (one) => ({ ...one, version: '22'.repeat(32) }) }, 'update.version', 'path'],
  ])('that a tick counts in spite of %s: the key of the tick is at fault', async (_, change, outcome, check) => {
    const { town, update } = await scene(`verify lie ${check}`, change, check === 'seats' ? 20 : 7)
    const told = await ask(folder, put(folder, update.bytes), ...evidence(folder, town))
    expect(told.value.answer).toContain(`(${outcome})`)
    expect(guilty(told.value)).not.toContain(town.cast.supervisor.publicKey)
    const lied = await ask(folder, put(folder, update.bytes), ...evidence(folder, town, saying(town, 'accepted')))
    expect([lied.code, failing(lied.value)[0]]).toEqual([1, check])
    expect(guilty(lied.value)[0]).toBe(town.cast.supervisor.publicKey)
    expect(lied.value.answer).toContain('is at fault')
  })

  it('with two documents of the tick that decides it: not proved over one block, and said over two', async () => {
    const { town, update } = honest
    const { blocks } = ticksOf(town)[4]!.body
    const other = (change: Partial<Tick>): string => put(folder, signAgain(town, ({ number }) => (number === 4 ? change : {}))[4]!.bytes)
    const files = [put(folder, update.bytes), ...evidence(folder, town)]
    const twice = await ask(folder, ...files, other({ root: '99'.repeat(32) }))
    expect([twice.code, guilty(twice.value), failing(twice.value)]).toEqual([1, [], []])
    expect(twice.value.answer).toContain('there are two documents of tick 4')
    const elsewhere = await ask(folder, ...files, other({ blocks: { ...blocks, hash: '99'.repeat(32) } }))
    expect(elsewhere.code).toBe(0)
    expect(elsewhere.value.taken.join()).toContain('another document of tick 4')
  })

  it('that a tick refuses for what it does not do: the key of the tick is at fault', async () => {
    const { town, update } = honest
    const lied = await ask(folder, put(folder, update.bytes), ...evidence(folder, town, saying(town, 'update.stamp')))
    expect([lied.code, guilty(lied.value)]).toEqual([1, [town.cast.supervisor.publicKey]])
    // What rests on the rest of the log cannot be seen here.
    const told = await ask(folder, put(folder, update.bytes), ...evidence(folder, town, saying(town, 'update.replaced')))
    expect([told.code, guilty(told.value)]).toEqual([1, []])
  })
})

describe('golem verify of ticks by somebody else', () => {
  const folder = temporaryFolder()

  it('with an offer that says that it is of the app: nothing is proved, and the Supervisor is not guilty', async () => {
    const { town, update } = await scene('verify stranger')
    const { sig: _sig, type: _type, v: _v, by: _by, ...fields } = town.offer.body
    const stranger = { ...town.cast, supervisor: town.cast.keys[3]! }
    const signed = (master: string): OpenedDocument<'offer'> =>
      signDocument(crypto, 'offer', { ...fields, app: town.app, master }, stranger.supervisor, town.cast.random(32))
    for (const [offer, holds] of [
      [signed(stranger.supervisor.publicKey), false],
      [signed(town.cast.master.publicKey), null],
    ] as const) {
      const { sig: _tick, ...body } = ticksOf(town)[4]!.body
      const tick = signDocument(crypto, 'tick', { ...body, offer: offer.sha256 }, stranger.supervisor, town.cast.random(32))
      const files = evidence(folder, town, [...ticksOf(town).slice(0, 4), tick])
      const { code, value } = await ask(folder, put(folder, update.bytes), put(folder, offer.bytes), ...files)
      expect(value.checks.find(({ what }) => what === 'signer')!.holds).toBe(holds)
      expect([code, guilty(value)]).toEqual([1, []])
    }
  })

  it('by a key that the master key granted: counted', async () => {
    const { town, update } = await scene('verify granted')
    const { sig: _sig, type: _type, v: _v, by: _by, ...fields } = town.offer.body
    const { master, keys, random } = town.cast
    const next = keys[3]!
    const grant = signDocument(crypto, 'grant', { key: next.publicKey, note: '' }, master, random(32))
    const named = { ...fields, app: town.app, grant: { sha256: grant.sha256, infohash: 'cd'.repeat(20) } }
    const offer = signDocument(crypto, 'offer', named, next, random(32))
    const { sig: _tick, ...body } = ticksOf(town)[4]!.body
    const tick = signDocument(crypto, 'tick', { ...body, offer: offer.sha256 }, next, random(32))
    const files = [put(folder, update.bytes), put(folder, offer.bytes), ...evidence(folder, town, [...ticksOf(town).slice(0, 4), tick])]
    expect((await ask(folder, ...files, put(folder, grant.bytes))).code).toBe(0)
    const without = await ask(folder, ...files)
    expect([without.code, without.value.missing]).toMatchObject([1, [{ what: 'grant', sha256: grant.sha256, infohash: 'cd'.repeat(20) }]])
  })
})

describe('golem verify of a tick that buries', () => {
  const folder = temporaryFolder()

  it('[N2] a guilty server: proved, with what it did', async () => {
    const { town, update } = await scene('verify buried', { skips: 1 })
    const { code, value } = await ask(folder, put(folder, ticksOf(town)[4]!.bytes), ...evidence(folder, town))
    expect([code, value.question]).toEqual([0, 'burials'])
    const did = 'Link 1 of lane 0: it did not multiply by the primes of its sites.'
    expect(value.who).toEqual([{ key: update.body.lanes[0]![1]!.server, role: 'server', guilty: true, did }])
  })

  it('an innocent server: not proved, and the key of the tick is at fault', async () => {
    const { town, update } = await scene('verify framed')
    const subject = update.body.lanes[0]![1]!.server
    const file = { name: 'evidence', bytes: canonicalBytes([{ kind: 'stamp', update: update.body }]) }
    const lie: Partial<Tick> = {
      burials: [{ subject, evidence: { kind: 'stamp', update: update.sha256, lane: 0, position: 1 } }],
      tombstones: [subject],
      evidence: fileEntry(crypto, file),
    }
    const ticks = signAgain(town, (tick) => (tick.number === 4 ? lie : {}))
    const files = [put(folder, ticks[4]!.bytes), ...evidence(folder, town, ticks)]
    const { code, value } = await ask(folder, ...files, put(folder, file.bytes))
    expect([code, guilty(value)]).toEqual([1, [town.cast.supervisor.publicKey]])
    expect(value.answer).toContain('proves nothing')
    // Without the evidence nobody can say, and nobody is blamed.
    const unseen = await ask(folder, ...files)
    expect([unseen.code, guilty(unseen.value)]).toEqual([1, []])
    expect(unseen.value.missing).toMatchObject([{ what: 'file', sha256: lie.evidence!.sha256 }])
  })

  it('a server that an earlier tick buried: proved by that one, if it is here', async () => {
    const { town, update } = await scene('verify earlier', { skips: 1 }, 7, 6)
    const files = (without: string[]): string[] => evidence(folder, town, ticksOf(town), without)
    const ask6 = (without: string[] = []) => ask(folder, put(folder, ticksOf(town)[6]!.bytes), ...files(without))
    const found = await ask6()
    expect([found.code, guilty(found.value)]).toEqual([0, [update.body.lanes[0]![1]!.server]])
    const unseen = await ask6(['tick.4'])
    expect([unseen.code, guilty(unseen.value), failing(unseen.value)]).toEqual([1, [], []])
    expect(unseen.value.missing).toMatchObject([{ what: 'tick', sha256: ticksOf(town)[4]!.sha256 }])
  })

  it('a server for whose tombstone no tick shows anything: the key of the tick is at fault', async () => {
    const { town, update } = await scene('verify listed', {}, 7, 6)
    const subject = update.body.lanes[0]![1]!.server
    const ticks = signAgain(town, ({ number }) => (number >= 5 ? { tombstones: [subject] } : {}))
    const { code, value } = await ask(folder, put(folder, ticks[6]!.bytes), ...evidence(folder, town, ticks))
    expect([code, guilty(value)]).toEqual([1, [town.cast.supervisor.publicKey]])
    expect(value.checks.at(-1)!.says).toContain('Tick 5 lists a tombstone')
  })

  it('nobody: not proved', async () => {
    const { town } = await scene('verify nobody')
    const { code, value } = await ask(folder, put(folder, ticksOf(town)[4]!.bytes), ...evidence(folder, town, []))
    expect([code, value.answer]).toEqual([1, 'No: tick 4 has no tombstones.'])
  })
})

describe('golem verify of two ticks', () => {
  const folder = temporaryFolder()
  let town: Town
  beforeAll(async () => {
    town = (await scene('verify two')).town
  })
  const sign = (number: number, change: Partial<Tick>): OpenedDocument<'tick'> => {
    const { sig: _sig, ...body } = ticksOf(town)[number]!.body
    return signDocument(crypto, 'tick', { ...body, ...change }, town.cast.supervisor, town.cast.random(32))
  }
  const two = (a: OpenedDocument, b: OpenedDocument) => ask(folder, put(folder, a.bytes), put(folder, b.bytes))

  it('of one number over one block: proved, and who signed', async () => {
    const { code, value } = await two(ticksOf(town)[3]!, sign(3, { root: '77'.repeat(32) }))
    expect([code, value.question, guilty(value)]).toEqual([0, 'ticks', [town.cast.supervisor.publicKey]])
    expect(value.who[0]!.did).toBe('signed two documents of the number 3.')
  })

  it('of which one names the other and cannot follow it: proved', async () => {
    const third = ticksOf(town)[3]!
    const { blocks } = ticksOf(town)[4]!.body
    for (const broken of [sign(4, { blocks: { ...blocks, from: 1 } }), sign(4, { number: 5 }), sign(4, { app: '55'.repeat(32) })])
      for (const pair of [
        [third, broken],
        [broken, third],
      ] as const) {
        const { code, value } = await two(...pair)
        expect([code, guilty(value)]).toEqual([0, [town.cast.supervisor.publicKey]])
        expect(value.checks.at(-1)).toMatchObject({ what: 'succession', holds: true })
      }
  })

  it('that follow each other, are one, close other blocks, or are by other keys: nothing is proved', async () => {
    const [, , second, third] = ticksOf(town)
    const { sig: _sig, ...body } = third!.body
    const stranger = signDocument(crypto, 'tick', body, town.cast.master, town.cast.random(32))
    const elsewhere = sign(3, { blocks: { ...third!.body.blocks, hash: '88'.repeat(32) } })
    const pairs: Array<[OpenedDocument, OpenedDocument, string]> = [
      [second!, third!, 'the second follows the first'],
      [third!, third!, 'both are the tick 3'],
      [third!, elsewhere, 'a reorganisation may have taken one'],
      [third!, stranger, 'two keys signed them'],
    ]
    for (const [a, b, why] of pairs) {
      const { code, value } = await two(a, b)
      expect([code, guilty(value)]).toEqual([1, []])
      expect(value.answer).toContain(why)
    }
  })
})

describe('golem verify refuses with one error', () => {
  const folder = temporaryFolder()
  let honest: Scene
  beforeAll(async () => {
    honest = await scene('verify refuses')
  })

  it.each<[string, (text: string) => string, string, string]>([
    ['a changed byte', (text) => text.replace('"position":0', '"position":1'), 'document.signature', 'signature'],
    ['a field of another form', (text) => text.replace('"tick":2', '"tick":"2"'), 'update.schema', 'The field update.lanes.0.0.tick'],
    ['other than canonical form', (text) => `${text}\n`, 'canonical.form', 'canonical'],
  ])('a document with %s', async (_, change, code, words) => {
    const changed = put(folder, Buffer.from(change(Buffer.from(honest.update.bytes).toString())))
    const ended = await ask(folder, changed)
    expect([ended.code, ended.error.code]).toEqual([2, code])
    expect(ended.error.message).toContain(words)
    expect(ended.error.message).toContain(`${changed}: `)
  })

  it('a changed byte of any of the files, as something that is unreadable or proves nothing', async () => {
    const { town, update } = honest
    const files = [put(folder, update.bytes), ...evidence(folder, town)]
    expect((await golem(folder, 'verify', ...files)).code).toBe(0)
    for (let change = 0; change < 120; change++) {
      const at = change % files.length
      const { bytes } = changedByte(`verify ${change}`, readFileSync(join(folder, files[at]!)))
      const ended = await golem(folder, 'verify', ...files.with(at, put(folder, bytes)))
      expect([change, [1, 2].includes(ended.code)]).toEqual([change, true])
    }
  })

  it('files that are none, that nothing names, that are not there, or too large', async () => {
    const { town, update } = honest
    const stray = put(folder, new TextEncoder().encode('{"hello":1}'))
    const large = put(folder, new Uint8Array(1))
    truncateSync(join(folder, large), 2 ** 32)
    const refused: Array<[string[], string, string]> = [
      [[stray], 'cli.document', stray],
      [[put(folder, update.bytes), ...evidence(folder, town), stray], 'cli.document', stray],
      [['absent.json'], 'cli.file', 'absent.json'],
      [[put(folder, town.offer.bytes)], 'cli.document', 'of the type offer'],
      [[update.sha256], 'cli.document', update.sha256],
      [[large], 'cli.file', large],
    ]
    for (const [files, code, words] of refused) {
      const ended = await ask(folder, ...files)
      expect([ended.code, ended.error.code]).toEqual([2, code])
      expect(ended.error.message).toContain(words)
    }
  })

  it('wrong usage', async () => {
    for (const args of [[], ['ab'.repeat(20)], ['x.json', '--peer', 'nowhere'], ['x.json', '--from', 'nowhere']])
      expect((await golem(folder, 'verify', ...args)).code).toBe(2)
  })
})
