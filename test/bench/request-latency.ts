/**
 * An endpoint with two observation points (the guestbook's `post`) over loopback, every participant a process, with as many witnesses as are
 * asked for: median latency against the sum of one lane's cryptography and HTTP hops, each measured alone in the same run; processor time
 * against that of all lanes' cryptography and hops; then requests a second per server core.
 * Run: npm run bench -- request-latency [--witnesses 0] [--rounds 300] [--warm-up 5000] [--profile <file>.cpuprofile]
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { fastCrypto } from '../../main/adapters/crypto/fast.ts'
import { composeRequest, openReply } from '../../roles/client/index.ts'
import type { Composed, Context } from '../../roles/client/types.ts'
import { MESSAGE_LIMIT } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { createSystemRandom } from '../../main/adapters/system/random.ts'
import { startHops, type Exchange, type Hops } from './request/hops.ts'
import { moveInside } from './request/inside.ts'
import { ms, quantile, sayLoad, timed } from './request/numbers.ts'
import { spending, spentBy, type Spent } from './request/processor.ts'
import { profiled } from './request/profile.ts'
import { createRecorder, forgetKeys, replay, tally, type Operation, type Recorder } from './request/recorder.ts'
import { ARGUMENTS, ENDPOINT, setStage, type Stage } from './request/stage.ts'

const { values } = parseArgs({
  options: {
    witnesses: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '300' },
    'warm-up': { type: 'string', default: '5000' },
    profile: { type: 'string' },
  },
})
const ROUNDS = Number(values.rounds)
const LANES = 1 + Number(values.witnesses)
const BLOCKS = 2
/** With so many an offer of two blocks has that many witnesses. */
const SERVERS_BY_LANES = [4, 6, 11]
const SERVERS = SERVERS_BY_LANES[LANES - 1] ?? 0
const AT_ONCE = 8
const WARM_UP = Number(values['warm-up'])
/** Latency against one lane's cryptography and hops, processor time against that of all lanes. */
const GOAL = LANES === 1 ? 1.5 : 1.6
const PROCESSOR_GOAL = 2
/** Requests between two looks at processor time: many enough that looking costs nothing, few enough that all parts see the same machine. */
const CHUNK = 20

const { bytes } = createSystemRandom()
const context: Context = { crypto: fastCrypto, random: bytes }
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const compose = async ({ env }: Stage, ctx = context): Promise<Composed> => must(await composeRequest(ctx, env, ENDPOINT, ARGUMENTS))
const send = async ({ transport }: Stage, { top, path, bytes: body }: Composed): Promise<Uint8Array> =>
  must(await transport.send(top, path, body, { timeoutMs: 15_000, maxBytes: MESSAGE_LIMIT }))

/**
 * Until all restarted servers serve, and their code is as hot as that of a server which has worked for a while: V8 compiles for good what was called 3,000 times,
 * and a server runs a hop in two of three requests.
 */
async function warmUp(stage: Stage): Promise<void> {
  const deadline = performance.now() + 300_000
  for (let served = 0; served < WARM_UP;) {
    const { top, path, bytes: body } = await compose(stage)
    const reply = await stage.transport.send(top, path, body, { timeoutMs: 15_000, maxBytes: MESSAGE_LIMIT })
    if (reply.ok) served++
    else if (performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 100))
    else must(reply)
  }
}

interface Round {
  wire: number
  whole: number
  servers: number
  /** As `servers`, with signatures as WebAssembly. */
  portable: number
  client: number
  hops: number
}

/** Of all rounds: one in ten is quicker than this, because nobody else wanted the cores. */
const QUIET = 0.1

/**
 * One request after the other; between two of them the cryptography of one recorded request of one lane and its empty hops are measured, so that
 * all three see the same machine.
 */
async function rounds(stage: Stage, one: Recorded, hops: () => Promise<void>): Promise<{ usual: Round; quiet: Round }> {
  const all: Round[] = []
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now()
    const composed = await compose(stage)
    const reply = await timed(() => send(stage, composed))
    must(openReply(context, stage.env, composed.pending, reply.value))
    const whole = performance.now() - began
    all.push({
      wire: reply.ms,
      whole,
      servers: replay(one.servers[i]!),
      portable: replay(one.servers[i]!, 'portable'),
      client: replay(one.client[i]!),
      hops: (await timed(hops)).ms,
    })
  }
  const at = (share: number): Round => {
    const of = (part: keyof Round): number =>
      quantile(
        all.map((round) => round[part]),
        share,
      )
    return {
      wire: of('wire'),
      whole: of('whole'),
      servers: of('servers'),
      portable: of('portable'),
      client: of('client'),
      hops: of('hops'),
    }
  }
  return { usual: at(0.5), quiet: at(QUIET) }
}

const pidsOf = (stage: Stage): number[] => stage.servers.map((name) => stage.network.participants.get(name)!.pid)

interface Processor {
  requests: Spent
  cryptography: Spent
  portable: Spent
  hops: Spent
  resting: Spent
}

/** Milliseconds of rest in which it is seen what servers do without requests: they ask for blocks and announce torrents. */
const REST_MS = 4_000

/** The same three in processor time: of the servers with the sender, of the cryptography alone, of the empty hops with their sender. */
async function processor(stage: Stage, recorded: Recorded, hops: Hops): Promise<Processor | null> {
  const none = (): Spent => ({ ran: 0, waited: 0, took: 0 })
  const sum: Processor = { requests: none(), cryptography: none(), portable: none(), hops: none(), resting: none() }
  const measure = async (part: keyof Processor, pids: number[], work: () => Promise<void> | void): Promise<void> => {
    const spent = await spending(pids, work)
    for (const field of ['ran', 'waited', 'took'] as const) sum[part][field] += spent[field]
  }
  if (spentBy([process.pid]) === null) return null
  await measure('resting', pidsOf(stage), () => new Promise((resolve) => setTimeout(resolve, REST_MS)))
  for (let from = 0; from < ROUNDS; from += CHUNK) {
    const operations = recorded.servers.slice(from, from + CHUNK)
    const composed: Composed[] = []
    for (const _ of operations) composed.push(await compose(stage))
    await measure('requests', pidsOf(stage), async () => {
      for (const one of composed) await send(stage, one)
    })
    await measure('cryptography', [], () => {
      for (const one of operations) replay(one)
    })
    await measure('portable', [], () => {
      for (const one of operations) replay(one, 'portable')
    })
    await measure('hops', hops.pids, async () => {
      for (const _ of operations) await hops.once()
    })
  }
  return sum
}

/** A fixed number of composed requests, so many under way at once; processor time of the server processes alone. */
async function throughput(stage: Stage): Promise<{ wall: number; perCore: number | null }> {
  const composed = await Promise.all(Array.from({ length: ROUNDS }, () => compose(stage)))
  const before = spentBy(pidsOf(stage))
  let next = 0
  const run = await timed(() =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (next < composed.length) await send(stage, composed[next++]!)
      }),
    ),
  )
  const after = spentBy(pidsOf(stage))
  return { wall: (ROUNDS * 1000) / run.ms, perCore: before === null || after === null ? null : (ROUNDS * 1000) / (after.ran - before.ran) }
}

interface Recorded {
  client: Operation[][]
  servers: Operation[][]
  outer: Exchange
  /** By block, of each lane. */
  inner: Exchange[][]
}

/** The servers move into this process, where the primitive operations of each request are recorded, and out again. */
async function record(stage: Stage, lanes: number): Promise<Recorded> {
  const servers = createRecorder()
  const client = createRecorder()
  const exchanges: Exchange[] = []
  const leave = await moveInside(stage, servers.crypto, (exchange) => exchanges.push(exchange))
  const recorded: Recorded = { client: [], servers: [], outer: { sent: 0, received: 0 }, inner: [] }
  const ctx = { ...context, crypto: client.crypto }
  for (let i = 0; i < ROUNDS; i++) {
    const composed = await compose(stage, ctx)
    servers.take()
    const reply = await send(stage, composed)
    recorded.servers.push(servers.take())
    must(openReply(ctx, stage.env, composed.pending, reply))
    recorded.client.push(client.take())
    recorded.outer = { sent: composed.bytes.length, received: reply.length }
  }
  const inner = exchanges.slice(-BLOCKS * lanes)
  recorded.inner = Array.from({ length: BLOCKS }, (_, block) => inner.slice(block * lanes, (block + 1) * lanes))
  if (values.profile !== undefined && lanes === LANES) await profile(stage, values.profile, servers)
  await leave()
  await Promise.all(stage.servers.map((name) => stage.network.restart(name)))
  return recorded
}

/** Of an app without witnesses: its servers take one lane, and those of another app refuse that. */
async function recordOneLane(): Promise<Recorded> {
  const stage = await setStage(SERVERS_BY_LANES[0]!)
  try {
    return await record(stage, 1)
  } finally {
    await stage.close()
  }
}

async function profile(stage: Stage, file: string, servers: Recorder): Promise<void> {
  const composed = await Promise.all(Array.from({ length: ROUNDS }, () => compose(stage)))
  servers.pause()
  const shares = await profiled(async () => {
    for (const one of composed) await send(stage, one)
  }, file)
  const all = shares.reduce((sum, share) => sum + share.ms, 0)
  say(`\nprocessor time of ${ROUNDS} requests, servers and sender in one process: ${ms(all / ROUNDS)} each`)
  for (const { part, ms: spent, top } of shares) say(`  ${((100 * spent) / all).toFixed(1).padStart(5)} %  ${part}: ${top.join(', ')}`)
}

function printTally(operations: Operation[]): void {
  for (const [name, { count, ms: spent }] of [...tally(operations)].sort((a, b) => b[1].ms - a[1].ms))
    say(`  ${String(count).padStart(4)} × ${name.padEnd(18)} ${ms(spent)}`)
}

const ratioOf = ({ wire, servers, hops }: Round): number => wire / (servers + hops)

/** The goals came when signatures were WebAssembly, and took three times as long. */
const sayPortable = (portable: number, ratio: number): void =>
  say(`  with the cryptography of the goal's day (signatures as WebAssembly: ${ms(portable)}) the ratio would be ${ratio.toFixed(2)}`)

const sizesOf = ({ outer, inner }: Recorded): string =>
  [outer, ...inner.flat()].map(({ sent, received }) => `${sent}+${received}`).join(', ')

function report(usual: Round, quiet: Round, { one, all }: { one: Recorded; all: Recorded }, servers: number): number {
  const ratio = ratioOf(usual)
  say(
    `endpoint ${ENDPOINT}, two observation points, ${LANES} lane${LANES === 1 ? '' : 's'}, ${servers} server processes, medians of ${ROUNDS} after ${WARM_UP} to warm up`,
  )
  say(`  from request bytes to reply bytes   ${ms(usual.wire)}   (bytes there and back: ${sizesOf(all)})`)
  say(`  cryptography of one lane's servers  ${ms(usual.servers)}`)
  say(`  one lane's three HTTP exchanges     ${ms(usual.hops)}   (bytes: ${sizesOf(one)})`)
  say(`  ratio                               ${ratio.toFixed(2)}   (goal at most ${GOAL})`)
  sayPortable(usual.portable, usual.wire / (usual.portable + usual.hops))
  say(
    `  in the quietest tenth of the rounds ${ms(quiet.wire)}; ${ms(quiet.servers)} + ${ms(quiet.hops)}: ratio ${ratioOf(quiet).toFixed(2)}`,
  )
  const { whole, client } = usual
  say(
    `  with compose and open at the client ${ms(whole)}; one lane's cryptography of the client ${ms(client)}; ratio ${(whole / (usual.servers + client + usual.hops)).toFixed(2)}`,
  )
  return ratio
}

function reportProcessor({ requests, cryptography, portable, hops, resting }: Processor): number {
  const each = (spent: Spent, field: keyof Spent): number => spent[field] / ROUNDS
  const besides = (each(requests, 'took') * resting.ran) / resting.took
  const own = each(requests, 'ran') - besides
  const ratio = own / (each(cryptography, 'ran') + each(hops, 'ran'))
  say('processor time of one request, all processes and threads that take part:')
  say(
    `  servers and sender                  ${ms(own)}   (without ${ms(besides)} that the servers spend in that time without requests too)`,
  )
  say(`  cryptography and hops of all lanes  ${ms(each(cryptography, 'ran'))} + ${ms(each(hops, 'ran'))}`)
  say(`  ratio                               ${ratio.toFixed(2)}   (goal at most ${PROCESSOR_GOAL})`)
  sayPortable(each(portable, 'ran'), own / (each(portable, 'ran') + each(hops, 'ran')))
  say(`  ready but without a core            ${ms(each(requests, 'waited'))}; of the hops alone ${ms(each(hops, 'waited'))}`)
  return ratio
}

async function main(): Promise<void> {
  sayLoad()
  const alone = LANES === 1 ? null : await recordOneLane()
  const stage = await setStage(SERVERS)
  const closing: Array<() => void> = []
  try {
    const made = await record(stage, LANES)
    const recorded = { one: alone ?? made, all: made }
    const one = await startHops(recorded.one.outer, recorded.one.inner)
    const all = await startHops(recorded.all.outer, recorded.all.inner)
    closing.push(one.close, all.close)
    await warmUp(stage)
    for (let i = 0; i < ROUNDS; i++) for (const hops of [one, all]) await hops.once()
    forgetKeys()
    const { usual, quiet } = await rounds(stage, recorded.one, one.once)
    const ratio = report(usual, quiet, recorded, stage.servers.length)
    forgetKeys()
    const spent = await processor(stage, recorded.all, all)
    const processorRatio = spent === null ? 0 : reportProcessor(spent)
    const { wall, perCore } = await throughput(stage)
    say(
      `  ${AT_ONCE} under way at once, ${ROUNDS} requests: ${wall.toFixed(0)} a second` +
        (perCore === null ? '' : `, ${perCore.toFixed(0)} a second per server core`),
    )
    say('\nprimitive operations of one request at its servers:')
    printTally(recorded.all.servers.at(-1)!)
    if (ratio > GOAL || processorRatio > PROCESSOR_GOAL) process.exitCode = 1
  } finally {
    for (const close of closing) close()
    await stage.close()
  }
}

if (import.meta.main) await main()
