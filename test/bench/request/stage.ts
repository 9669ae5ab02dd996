/** A real local network with the guestbook, stopped between two blocks, and its client opened in this process. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fastCrypto } from '../../../main/adapters/crypto/fast.ts'
import { createIndexCache } from '../../../main/adapters/storage/index-cache.ts'
import { openSqliteStorage } from '../../../main/adapters/storage/sqlite.ts'
import { createSystemClock } from '../../../main/adapters/system/clock.ts'
import { createSystemRandom } from '../../../main/adapters/system/random.ts'
import { createHttpTransport, type HttpTransport } from '../../../main/adapters/transport/http.ts'
import type { Overview } from '../../../main/contract/index.ts'
import { createClientApp, type ClientServices } from '../../../main/core/client/app.ts'
import { sealedStorage } from '../../../main/core/sealed-storage.ts'
import { cacheName } from '../../../main/core/local-index/index.ts'
import { seen } from '../../../main/contract/seen.ts'
import { createLocalIndex } from '../../../main/core/local-index/index.ts'
import { createDocuments } from '../../../main/core/documents/index.ts'
import { openIdentity } from '../../../main/core/identity.ts'
import type { IndexPort, LogPort, StoragePort } from '../../../main/core/ports.ts'
import { startLocalNetwork, type LocalNetwork } from '../../../main/hosts/headless/network/local-network.ts'
import { labelIn } from '../../../roles/protocol/requests/index.ts'
import { freeKeys, type ClientState } from '../../../roles/client/index.ts'
import type { ClientEnv } from '../../../roles/client/types.ts'
import type { Reference } from '../../../roles/protocol/documents/index.ts'
import { seatChain } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'

export const ENDPOINT = 'post'
export const ARGUMENTS = { topic: 'bitcoin', text: 'Nobody can coerce this guestbook' }
export const quiet: LogPort = { log: () => undefined }

const PATIENCE_MS = 300_000
const SETTLE_MS = 2_000

export interface Stage {
  folder: string
  passphrase: string
  network: LocalNetwork
  transport: HttpTransport
  env: ClientEnv
  servers: string[]
  close(): Promise<void>
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Polls a participant's view until it has what is looked for. */
export async function until<T>(network: LocalNetwork, name: string, found: (view: Overview) => T | null | undefined | false): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const view = await network.participants.get(name)!.call('overview', {})
    const value = view.ok ? found(view.value) : null
    if (value !== null && value !== undefined && value !== false) return value
    if (performance.now() > deadline) throw new Error(`${name} was not ready within ${PATIENCE_MS / 1000} s`)
    await pause(50)
  }
}

/** Once the client is ready it sends one request, so that it has all files of the tick; then blocks stop and nothing changes any more. */
async function settle(network: LocalNetwork): Promise<void> {
  const alice = network.participants.get('alice')!
  const actor = await until(network, 'alice', (view) =>
    seen(view).actors.find((one) => one.state === 'ready' && (one.freeKeys.posts ?? 0) > 1),
  )
  await network.clock.set(0)
  await pause(SETTLE_MS)
  const { id } = must(await alice.call('use.request', { app: actor.id, endpoint: ENDPOINT, arguments: ARGUMENTS }))
  await until(network, 'alice', (view) => {
    const request = view.requests.find((one) => one.id === id)
    if (request?.state === 'failed') throw new Error(`the first request failed: ${request.error?.message}`)
    return request?.state === 'review'
  })
  await alice.stop()
}

/** What the client core composes requests from, read from the client's own data folder; rows come from its own index, as they do in the client. */
async function openClient(storage: StoragePort, passphrase: string, index: IndexPort): Promise<ClientEnv> {
  const random = createSystemRandom()
  const identity = must(await openIdentity({ crypto: fastCrypto, storage, random }, 'test', passphrase, 12))
  // Everything is in the client's store already: a fetch from the swarm or a payment would be a bug of this bench.
  const documents = createDocuments({
    crypto: fastCrypto,
    storage,
    swarm: null as never,
    wallet: null as never,
    fetchTimeoutMs: 1,
  })
  const [engagement] = storage.list('engagement')
  const { key: id, value: row } = engagement! as unknown as { key: string; value: { reference: Reference } }
  const own = { index, name: cacheName('client', id), maxBytes: Infinity, crypto: fastCrypto, clock: createSystemClock(), log: quiet }
  // No tick of this stage has tombstones, and nothing is asked for a second time.
  const services: ClientServices = {
    crypto: fastCrypto,
    documents,
    storage,
    log: quiet,
    seldom: (_what, attempt) => attempt(),
    changed: () => undefined,
  }
  const app = createClientApp(services, createLocalIndex(own))
  const joined = row
  const state = sealedStorage(storage, { crypto: fastCrypto, random, identity }).get('role-state', `client:${id}`) as unknown as ClientState
  const offers = new Map(
    storage.list('client', `${id}/offer:`).map(({ key, value }) => [key.slice(id.length + 7), value as unknown as Reference]),
  )
  const newest = must(await app.newest(state.following, (sha256) => offers.get(sha256) ?? joined.reference))
  const offer = must(await app.offer(joined.reference))
  if (newest.plan === null) throw new Error('the app sleeps')
  const client = identity.key({ purpose: 'client', app: offer.document.body.master, index: 0 })
  return {
    app: joined.reference.sha256,
    outline: newest.outline,
    label: must(labelIn(newest.plan.plan, newest.planned, ENDPOINT)),
    planned: newest.plan,
    base: newest.reference.sha256,
    reader: newest.reader,
    client,
    chain: seatChain(fastCrypto, client.privateKey, joined.reference.sha256),
    expelled: new Set(),
    keys: freeKeys(state),
  }
}

export async function setStage(servers: number): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  const program: unknown = JSON.parse(
    readFileSync(fileURLToPath(new URL('../../../resources/apps/guestbook.json', import.meta.url)), 'utf8'),
  )
  const network = await startLocalNetwork({
    folder,
    program,
    title: 'Guestbook',
    servers,
    clients: ['alice'],
    blockMs: 500,
    tickBlocks: 3,
    // As a server runs that is the only one on its host.
    memory: 'roomy',
    logLevel: 'error',
    log: quiet,
    output: (name, text) => void process.stderr.write(`${name}: ${text}`),
  })
  await settle(network)
  const passphrase = readFileSync(join(folder, 'passphrase'), 'utf8')
  const storage = must(openSqliteStorage(join(folder, 'alice', 'state')))
  const transport = createHttpTransport({ privateHosts: true })
  const env = await openClient(storage, passphrase, createIndexCache(join(folder, 'alice', 'index')))
  return {
    folder,
    passphrase,
    network,
    transport,
    env,
    servers: Array.from({ length: servers }, (_, i) => `server-${i + 1}`),
    async close() {
      transport.close()
      storage.close()
      await network.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
