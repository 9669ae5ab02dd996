/**
 * `golem verify` of what a whole network published: an update that counts, and a server that lies, is disputed and buried. The documents come from folders as
 * participants have them, and from a peer over BitTorrent.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import type { WebTorrentSwarm } from '../../../main/adapters/torrent/swarm.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { openDocument, type DocumentType, type OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { crypto } from '../../roles/supervisor/actors.ts'
import { peopleOf } from '../../simulation/network/people.ts'
import { startWorld, type World } from '../../simulation/network/world.ts'
import { loopbackSwarm } from '../../tools/swarm.ts'
import { temporaryFolder } from './golem.ts'
import { ask, failing, guilty, put } from './verified.ts'

const liars = vi.hoisted(() => ({ ids: new Set<string>() }))

vi.mock('../../../roles/server/execute.ts', async (original) => {
  const honest = await original<typeof import('../../../roles/server/execute.ts')>()
  const { FORGED_AUTHOR, lyingEnv } = await import('../../attacks/lie.ts')
  const executeHop: typeof honest.executeHop = (ctx, env, bytes) =>
    honest.executeHop(ctx, liars.ids.has(env.keys.identity.publicKey) ? lyingEnv(env, FORGED_AUTHOR) : env, bytes)
  return { ...honest, executeHop }
})

interface Published {
  infohash: string
  document: OpenedDocument
}

const folder = temporaryFolder()
const network = join(folder, 'network')
let world: World
let liar: string
/** What the page shows of the documents that the person signed. */
let shown: { update: string | undefined; dispute: string | undefined }
let all: Published[]
let peer: WebTorrentSwarm

/** Everything of a type, in the order of publication. */
const published = (type: DocumentType): Published[] => all.filter(({ document }) => document.body.type === type)

/** What is in the swarm of a participant, put into a folder as a participant's node puts it there. */
async function keep(name: string): Promise<WebTorrentSwarm> {
  const storage = must(openSqliteStorage(join(network, name, 'state')))
  const swarm = await loopbackSwarm(join(network, name, 'torrents'))
  for (const torrent of world.swarms.torrentsOf(name)) {
    expect(must(await swarm.seed(torrent.name, torrent.files)).infohash).toBe(torrent.infohash)
    const { bytes } = torrent.files.find((file) => file.name === 'document.json')!
    storage.putBlob(toHex(crypto.sha256(bytes)), bytes)
    const type = torrent.name.split('-')[1] as DocumentType
    all.push({ infohash: torrent.infohash, document: must(openDocument(crypto, type, bytes)) })
  }
  storage.close()
  return swarm
}

beforeAll(async () => {
  world = await startWorld('verify network', 7, ['alice'], { lanes: { witnesses: 1, spare: 1 }, freshKeys: 4 })
  const people = peopleOf(world)
  const post = async (text: string) => {
    await world.block()
    return people.ask('alice', 'post', { topic: 'lies', text })
  }
  const honest = await post('Hello')
  expect((await people.publish('alice', honest)).state).toBe('counted')
  liar = honest.servers.find(({ role }) => role === honest.servers.at(-1)!.role)!.id
  liars.ids.add(liar)
  let asked = await post('told')
  for (let more = 0; more < 20 && asked.dispute === undefined; more++) {
    if (asked.state === 'review') await world.call('alice', 'use.refuse', { id: asked.id })
    asked = await post(`told ${more} times`)
  }
  await world.call('alice', 'use.dispute', { id: asked.id })
  await world.until('the verdict', async () => (await world.request('alice', asked.id))!.dispute?.state === 'accepted')
  shown = {
    update: (await world.request('alice', honest.id))!.document,
    dispute: (await world.request('alice', asked.id))!.dispute!.document,
  }
  all = []
  await (await keep('alice')).close()
  peer = await keep('supervisor')
})
afterAll(async () => {
  await peer?.close()
  await world?.close()
})

const deciding = (sha256: string): Published =>
  published('tick').find(({ document }) =>
    (document as OpenedDocument<'tick'>).body.summary.verdicts.some((one) => one.document.sha256 === sha256),
  )!

describe('by digests, from the folders of participants', () => {
  it('an update that counts', async () => {
    const [update] = published('update')
    expect(shown.update).toBe(update!.document.sha256)
    const { code, value } = await ask(folder, shown.update!, '--from', 'network')
    expect([value.answer.slice(0, 5), code, value.missing, failing(value), guilty(value)]).toEqual(['Yes: ', 0, [], [], []])
    const torrent = await ask(folder, update!.infohash, '--from', join('network', 'alice'), '--from', join('network', 'supervisor'))
    expect(torrent.value).toEqual(value)
    const lost = await ask(folder, 'ab'.repeat(20), '--from', 'network')
    expect([lost.code, lost.error.code]).toEqual([2, 'cli.document'])
  })

  it('a dispute, and the tick that buries the liar by it', async () => {
    const [dispute] = published('dispute')
    const { sha256 } = dispute!.document
    expect(shown.dispute).toBe(sha256)
    const disputed = await ask(folder, sha256, '--from', 'network')
    expect([disputed.code, disputed.value.question, guilty(disputed.value)]).toEqual([0, 'dispute', [liar]])
    const buried = await ask(folder, deciding(sha256).document.sha256, '--from', 'network')
    expect([buried.code, buried.value.question, guilty(buried.value)]).toEqual([0, 'burials', [liar]])
    expect(buried.value.who[0]!.did).toContain('writes something else than the server signed')
  })
})

describe('from files alone', () => {
  it('a dispute without the tick that decides it: one of them lies for certain, and nobody is guilty', async () => {
    const { document } = published('dispute')[0]!
    const { number } = (deciding(document.sha256).document as OpenedDocument<'tick'>).body
    const before = published('tick').filter((one) => (one.document as OpenedDocument<'tick'>).body.number < number)
    const offer = published('offer')[0]!
    const outline = world.swarms.torrentsOf('supervisor').find(({ infohash }) => infohash === offer.infohash)!.files
    const files = [document.bytes, ...before.map((one) => one.document.bytes), ...outline.map(({ bytes }) => bytes)]
    const { code, value } = await ask(folder, ...files.map((bytes) => put(folder, bytes)))
    expect([code, guilty(value), failing(value)]).toEqual([1, [], []])
    expect(value.answer).toContain('lies for certain')
    expect(value.answer).toContain(liar)
  })
})

describe('by infohash, from a peer', () => {
  const peers = (): string[] => ['--peer', `127.0.0.1:${peer.port}`, '--wait', '600']

  it('an update that counts: offer and deciding tick are named, and what they name is fetched', async () => {
    const [update] = published('update')
    const others = [deciding(update!.document.sha256), published('offer')[0]!]
    const file = put(folder, update!.document.bytes)
    const { code, value } = await ask(folder, file, ...others.map(({ infohash }) => infohash), ...peers())
    expect([value.answer.slice(0, 5), code, value.missing]).toEqual(['Yes: ', 0, []])
  })

  it('a burial, and two ticks that follow each other', async () => {
    const tick = deciding(published('dispute')[0]!.document.sha256)
    const buried = await ask(folder, tick.infohash, published('offer')[0]!.infohash, ...peers())
    expect([buried.code, guilty(buried.value)]).toEqual([0, [liar]])
    const [, , second, third] = published('tick')
    const followed = await ask(folder, second!.infohash, third!.infohash, ...peers())
    expect([followed.code, followed.value.question]).toEqual([1, 'ticks'])
  })

  it('a torrent that nobody has is refused after the time that was given', async () => {
    const nobody = await ask(folder, 'ab'.repeat(20), '--peer', `127.0.0.1:${peer.port}`, '--wait', '1')
    expect([nobody.code, nobody.error.code]).toEqual([2, 'swarm.timeout'])
  })
})
