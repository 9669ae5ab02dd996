/**
 * `npm run demo`: the essay's whole cycle in the terminal, with timings. Every participant is a process of its own with its own data folder,
 * torrent client and port. Ends with an audit from chain and swarm alone; the exit code says whether every step held.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createBitcoind, type Bitcoind } from '../../adapters/chain/bitcoind/index.ts'
import { createLog } from '../../adapters/system/log.ts'
import type { CommandArgs, CommandName, CommandResult, Overview, RequestView } from '../../contract/index.ts'
import { seen } from '../../contract/seen.ts'
import { must } from '../../core/index.ts'
import { auditFresh, comparison } from './network/auditor.ts'
import { createFacade, type Facade } from './network/facade.ts'
import { startLocalNetwork, type LocalNetwork } from './network/local-network.ts'
import { readNote } from './network/note.ts'
import { OutOfPatience, waitFor, type Found } from './network/patience.ts'
import { sampleNetwork } from './network/sample.ts'
import { begin, USAGE_EXIT, type Started } from '../terminal/hosts.ts'
import { keepToOwner } from '../terminal/place.ts'

const begun = performance.now()
const seconds = (): string => `${((performance.now() - begun) / 1000).toFixed(1)} s`.padStart(8)
const say = (text: string): void => void process.stdout.write(`${seconds()}  ${text}\n`)
const short = (hex: string): string => `${hex.slice(0, 12)}…`
/** Blocks in which a step of the story has to come about, each of which everybody kept up with. */
const STEP_BLOCKS = 300

class StepFailed extends Error {}

/** The running network as the story sees it: one view of everybody, and whether anything moves. */
interface Stage {
  facade: Facade
  moved(): number
}

async function call<N extends CommandName>({ facade, moved }: Stage, name: N, args: CommandArgs<N>): Promise<CommandResult<N>> {
  // An approval that is stored and still being published says so: look again in a moment.
  const ask = async () => {
    const answer = await facade.call(name, args)
    return !answer.ok && answer.error.code === 'client.publishing' ? null : answer
  }
  const result = await waitFor(`an answer to ${name}`, ask, { moved, lookMs: 100 })
  if (!result.ok) throw new StepFailed(`${name}: ${result.error.message} (${result.error.code})`)
  return result.value as CommandResult<N>
}

/** Waits until the merged view satisfies a condition, as long as anybody moves; says what it waited for when it does not come. */
async function until<T>(stage: Stage, what: string, found: (view: Overview) => Found<T> | Promise<Found<T>>): Promise<T> {
  let view = await call(stage, 'overview', {})
  const look = async () => {
    view = await call(stage, 'overview', {})
    return found(view)
  }
  return waitFor(what, look, {
    moved: stage.moved,
    budget: { of: 'blocks', spent: () => view.chain.height, most: STEP_BLOCKS },
    state: () => view.engagements.map(({ name, state, detail }) => `          ${name}: ${state}; ${detail}`).join('\n'),
    lookMs: 100,
  })
}

const requestOf = (view: Overview, id: string): RequestView | undefined => view.requests.find((one) => one.id === id)

async function send(stage: Stage, actor: string, endpoint: string, args: Record<string, unknown>): Promise<RequestView> {
  const { id } = await call(stage, 'use.request', { app: actor, endpoint, arguments: args as never })
  const answered = await until(stage, `the servers' answer to ${endpoint}`, (view) => {
    const request = requestOf(view, id)
    return request && request.state !== 'sending' ? request : null
  })
  if (answered.state === 'failed') throw new StepFailed(`${endpoint}: ${answered.error?.message}`)
  for (const { role, id: server, sees } of answered.servers)
    say(`      ${role} ${short(server)} saw ${sees.length === 0 ? 'no value' : sees.join(', ')}`)
  return answered
}

/** @returns the tick that counted it */
async function approveAndCount(stage: Stage, request: RequestView): Promise<number> {
  const { txid } = await call(stage, 'use.approve', { id: request.id })
  say(`   approved: one transaction ${short(txid)} publishes ${request.writes.length} write(s)`)
  const done = await until(stage, 'the write to be counted in a tick', (view) => {
    const now = requestOf(view, request.id)
    return now && ['counted', 'rejected', 'failed'].includes(now.state) ? now : null
  })
  if (done.state !== 'counted') throw new StepFailed(`the write was ${done.state}: ${done.error?.message}`)
  say(`   counted in tick ${done.tick}`)
  return done.tick!
}

/** A reader may get a tick later than the writer: reads until it has that one. */
const readAt = (stage: Stage, tick: number, args: CommandArgs<'use.read'>): Promise<CommandResult<'use.read'>> =>
  until(stage, `tick ${tick} to reach the reader`, async () => {
    const rows = await call(stage, 'use.read', args)
    return rows.tick >= tick && rows
  })

async function story(stage: Stage): Promise<void> {
  const app = await until(stage, 'the job offer to reach a client', (view) => seen(view).app)
  say(`The Supervisor's job offer is anchored: «${app.title}»`)
  const first = await until(stage, 'enough servers to join', (view) => {
    const { tick } = seen(view)
    return tick?.state === 'running' ? tick : null
  })
  say(`${first.servers} servers ground their identities and joined; tick ${first.number} runs`)
  const alice = await until(stage, 'alice to register and reserve keys', (view) =>
    seen(view).actors.find((one) => one.name === 'alice' && one.state === 'ready' && (one.freeKeys.posts ?? 0) > 0),
  )
  const bob = await until(stage, 'bob to register and reserve keys', (view) =>
    seen(view).actors.find((one) => one.name === 'bob' && one.state === 'ready' && (one.freeKeys.likes ?? 0) > 0),
  )
  say('alice and bob are registered and own reserved keys')

  say('alice posts:')
  const post = await send(stage, alice.id, 'post', { topic: 'bitcoin', text: 'Nobody can coerce this guestbook' })
  if (post.state !== 'review' || post.writes.length !== 1)
    throw new StepFailed(`the post came back as ${post.state} with ${post.writes.length} writes`)
  const counted = await approveAndCount(stage, post)
  const read = { app: bob.id, collection: 'posts', index: 'byTopic', equals: ['bitcoin'], limit: 10, descending: true }
  const rows = await readAt(stage, counted, read)
  if (!rows.proved || rows.rows[0]?.text !== 'Nobody can coerce this guestbook')
    throw new StepFailed('bob does not read the post from the proved index')
  say(`bob reads it from the index of tick ${rows.tick}, proved against root ${short(rows.root)}  ← first approved write visible`)

  say('bob likes it:')
  await approveAndCount(stage, await send(stage, bob.id, 'like', { post: rows.rows[0].$key }))
  const likes = await call(stage, 'use.read', { ...read, collection: 'likes', index: 'byPost', equals: [rows.rows[0].$key as string] })
  if (likes.count !== 1) throw new StepFailed(`the post has ${likes.count} likes in the index instead of 1`)
  say('the counter in the index says 1')

  say('alice posts something that the moderation rule refuses:')
  const refused = await send(stage, alice.id, 'post', { topic: 'bitcoin', text: 'Visit my casino' })
  if (refused.state !== 'nothing to write') throw new StepFailed(`the moderated post came back as ${refused.state}`)
  say(`   no write: ${JSON.stringify(refused.response)}`)

  say('alice posts again, and refuses to publish what comes back:')
  const dropped = await send(stage, alice.id, 'post', { topic: 'bitcoin', text: 'on second thought' })
  await call(stage, 'use.refuse', { id: dropped.id })
  await until(stage, 'the refusal', (view) => requestOf(view, dropped.id)?.state === 'refused')
}

/** By a newcomer's process with an empty folder, which knows nothing but the chain and the tracker. */
async function audit(network: LocalNetwork, folder: string): Promise<void> {
  const note = must(readNote(folder))
  const audited = await auditFresh({
    chain: { ...note.chain, network: 'regtest' },
    trackers: [network.tracker.announceUrl],
    output: (text) => void process.stderr.write(text),
  })
  if (!audited.ok) throw new StepFailed(`audit: ${audited.error.message}`)
  const { report, pid } = audited.value
  say(`a fresh auditor (pid ${pid}) with an empty folder replayed the app:`)
  for (const tick of report.ticks)
    say(
      `   tick ${String(tick.number).padStart(3)}  signed ${short(tick.expected)}  recomputed ${short(tick.computed)}  ${comparison(tick)}`,
    )
  if (!report.ok || report.ticks.length === 0) throw new StepFailed("the audit does not confirm the Supervisor's roots")
  say(`audit: ${report.ticks.length} ticks replayed from chain and swarm in ${Math.round(report.ms)} ms; every root is equal`)
}

type Values = Extract<Started<'demo'>, { values: unknown }>['values']

/** A signal that asks this process to end aborts, so that everything ends in order and no folder is left; a second one ends it at once. */
function interruption(): { signal: AbortSignal; code: Promise<number> } {
  const cancel = new AbortController()
  const code = new Promise<number>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => {
        say('ending …')
        cancel.abort()
        resolve(128 + constants.signals[signal])
      })
  })
  return { signal: cancel.signal, code }
}

interface Stand {
  folder: string
  bitcoind: Bitcoind | undefined
  facade: Facade
  signal: AbortSignal
}

async function startNetwork(values: Values, { folder, bitcoind, facade, signal }: Stand): Promise<LocalNetwork> {
  say(
    `starting a chain (${values.chain}), a tracker, a Supervisor, ${values.servers} servers and two clients, each in a process of its own`,
  )
  const network = await startLocalNetwork({
    ...sampleNetwork,
    folder,
    servers: values.servers,
    blockMs: values['block-ms'],
    tickBlocks: values['tick-blocks'],
    ...(bitcoind === undefined ? {} : { bitcoind }),
    logLevel: values.verbose ? 'debug' : 'error',
    output: (name, text) => process.stderr.write(text.replace(/^(?=.)/gm, `${name}: `)),
    log: createLog({ stream: process.stderr, format: 'readable', level: 'warn' }),
    started: (participant) => facade.add(participant),
    signal,
  })
  say(
    `${network.participants.size} participants run: ${[...network.participants.values()].map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}`,
  )
  return network
}

async function tell(network: LocalNetwork, facade: Facade, folder: string): Promise<number> {
  try {
    await story({ facade, moved: network.moved })
    await audit(network, folder)
    say('done: every step held')
    return 0
  } catch (error) {
    say(
      `FAILED: ${error instanceof StepFailed || error instanceof OutOfPatience ? error.message : error instanceof Error ? error.stack : String(error)}`,
    )
    return 1
  }
}

async function main(values: Values): Promise<number> {
  const interrupted = interruption()
  const folder = mkdtempSync(join(tmpdir(), 'golem-demo-'))
  let bitcoind: Bitcoind | undefined
  let network: LocalNetwork | undefined
  try {
    if (values.chain === 'bitcoind') bitcoind = await createBitcoind({ folder: join(folder, 'bitcoind'), say })
    const facade = createFacade()
    network = await startNetwork(values, { folder, bitcoind, facade, signal: interrupted.signal })
    return await Promise.race([tell(network, facade, folder), interrupted.code])
  } catch (error) {
    if (interrupted.signal.aborted) return interrupted.code
    process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
    return USAGE_EXIT
  } finally {
    await network?.stop()
    await bitcoind?.stop()
    if (values.keep) say(`data folders kept in ${folder}`)
    else rmSync(folder, { recursive: true, force: true })
  }
}

keepToOwner()
const options = begin('demo', process.argv.slice(2))
process.exitCode = 'exit' in options ? options.exit : await main(options.values)
// What a story that was interrupted still waits for keeps nobody.
if (process.exitCode > 128) process.exit()
