/**
 * What a computer gives for one node that has one job and nothing to do: processor time and resident memory, beside an idle HTTP server of Node in the same
 * minutes, and the time from its start to its first answer with its folder as it is. The node is `golem node`, bundled and with its page; no block comes meanwhile.
 * Linux only. Run: npm run bench -- node-at-rest [--seconds 300] [--chain bitcoind|embedded]
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { buildNode, buildRenderer } from '../../main/hosts/launcher/build.ts'
import { nodeFolder, nodeIsStale, rendererIsStale, repository } from '../../main/hosts/launcher/places.ts'
import { startLocalNetwork, type LocalNetwork } from '../../main/hosts/headless/network/local-network.ts'
import { readNote, type NetworkNote } from '../../main/hosts/headless/network/note.ts'
import { waitFor } from '../../main/hosts/headless/network/patience.ts'
import { readPassphrase, type NetworkPlan } from '../../main/hosts/headless/network/plan.ts'
import { leanEnvironment, leanOptions } from '../../main/hosts/worker/lean.ts'
import { must, type Result } from '../../roles/protocol/result.ts'
import { startBitcoind } from '../tools/bitcoind.ts'
import type { Overview } from '../../main/contract/index.ts'
import { readAccess } from '../../main/hosts/terminal/access-file.ts'
import { sayLoad } from './request/numbers.ts'
import { addressOf } from './rest/page.ts'
import { takenBy, type Taken } from './rest/processes.ts'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '300' }, chain: { type: 'string', default: 'bitcoind' } } })
/** Of one core; bytes; milliseconds. */
const [CORE_GOAL, MEMORY_GOAL, START_GOAL_MS] = [0.01, 150 << 20, 3_000]
const MIB = 1 << 20
/** After the start: what is compiled and loaded then is not rest. */
const SETTLE_MS = 20_000
const STARTS = 5
const IDLE = `setInterval(() => undefined, 1000)
require('node:http').createServer().listen(0, '127.0.0.1', () => console.log('listening'))`
const NAME = 'server-1'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

/** Until the server serves and the app ticks, block by block. */
async function untilServing(network: LocalNetwork): Promise<void> {
  const { participants, moved } = network
  let seen = ''
  const serves = async (): Promise<boolean> => {
    const view = must(await participants.get(NAME)!.call('overview', {}))
    seen = JSON.stringify(view.engagements)
    return view.engagements.some(({ role, state }) => role === 'server' && state === 'serving')
  }
  await network.clock.set(200)
  await waitFor('the server to serve', serves, { moved, state: () => seen })
  await network.clock.set(0)
}

interface Start {
  ms: number
  /** Processor time of all its threads, on which other work has little influence. */
  cpuMs: number
}

/** `golem node` on a folder, and what it took to its first answer. */
async function startNode(folder: string, passphrase: string): Promise<{ node: ChildProcess } & Start> {
  const began = performance.now()
  const node = spawn(process.execPath, [...leanOptions, join(nodeFolder, 'index.js'), '--network', 'regtest', '--folder', folder], {
    env: { ...process.env, ...leanEnvironment, GOLEM_PASSPHRASE: passphrase },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await addressOf(node)
  const view = await overviewOf(folder)
  const start = { ms: performance.now() - began, cpuMs: takenBy(node.pid!).cpuMs }
  if (!view.engagements.some(({ role }) => role === 'server')) throw new Error(`the node has no job: ${JSON.stringify(view)}`)
  return { node, ...start }
}

async function overviewOf(folder: string): Promise<Overview> {
  const { url, token } = must(readAccess(folder))!
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return must((await (await fetch(`${url}/api/overview`, { method: 'POST', headers, body: '{}' })).json()) as Result<Overview>)
}

async function stopNode(node: ChildProcess): Promise<void> {
  node.kill('SIGTERM')
  if (node.exitCode === null && node.signalCode === null) await once(node, 'exit')
}

/** Settings as its owner would have them, for a folder that a participant has used. */
function settle(folder: string, { chain, tracker }: NetworkNote): void {
  const settings = {
    name: NAME,
    'chain.url': chain.url,
    'chain.user': chain.user,
    'chain.password': chain.password,
    'swarm.trackers': [tracker],
    'swarm.dht': false,
    'swarm.lsd': false,
  }
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings))
}

async function measure(pids: number[]): Promise<{ taken: [before: Taken, after: Taken][]; tookMs: number }> {
  const began = performance.now()
  const before = pids.map(takenBy)
  await pause(Number(values.seconds) * 1000)
  const taken = pids.map((pid, at): [Taken, Taken] => [before[at]!, takenBy(pid)])
  return { taken, tookMs: performance.now() - began }
}

/** Starts the node again and again in its folder, measures the last one, and says whether the goals are met. */
async function measured(folder: string, passphrase: string): Promise<boolean> {
  const starts: Start[] = []
  for (let n = 1; n < STARTS; n++) {
    const { node, ...start } = await startNode(folder, passphrase)
    starts.push(start)
    await stopNode(node)
  }
  const floor = spawn(process.execPath, ['-e', IDLE], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(floor.stdout, 'data')
  const { node, ...last } = await startNode(folder, passphrase)
  starts.push(last)
  await pause(SETTLE_MS)
  const { taken, tookMs } = await measure([node.pid!, floor.pid!])
  floor.kill()
  await stopNode(node)
  const shares = taken.map(([before, after]) => (after.cpuMs - before.cpuMs) / tookMs)
  for (const [at, name] of ['the node', 'an idle HTTP server'].entries()) {
    const { rss, pss, threads } = taken[at]![1]
    say(
      `${name.padEnd(20)} ${(shares[at]! * 100).toFixed(2)} % of a core, ${(rss / MIB).toFixed(0)} MiB resident (${(pss / MIB).toFixed(0)} with shared pages divided), ${threads} threads`,
    )
  }
  const start = starts.toSorted((a, b) => a.ms - b.ms)[STARTS >> 1]!
  say(
    `start to first answer ${start.ms.toFixed(0)} ms, of processor time ${start.cpuMs} ms (median of ${STARTS}; goal ${START_GOAL_MS} ms)`,
  )
  say(`over ${(tookMs / 1000).toFixed(0)} s on ${values.chain}, load ${loadavg()[0]!.toFixed(1)}; goals: 1 % of a core, 150 MiB resident`)
  return shares[0]! < CORE_GOAL && taken[0]![1].rss < MEMORY_GOAL && start.ms < START_GOAL_MS
}

async function main(): Promise<void> {
  sayLoad()
  const folder = mkdtempSync(join(tmpdir(), 'golem-bench-'))
  const bitcoind = values.chain === 'bitcoind' ? await startBitcoind() : undefined
  const program = JSON.parse(readFileSync(join(repository, 'resources/apps/guestbook.json'), 'utf8')) as unknown
  const plan: NetworkPlan = { program, title: 'Guestbook', servers: 3, clients: [], tickBlocks: 3 }
  let network: LocalNetwork | undefined
  try {
    if (rendererIsStale()) await buildRenderer()
    if (nodeIsStale()) await buildNode()
    const log = { log: () => undefined }
    network = await startLocalNetwork({
      ...plan,
      folder,
      blockMs: 0,
      ...(bitcoind && { bitcoind }),
      logLevel: 'error',
      output: () => undefined,
      log,
    })
    await untilServing(network)
    await network.participants.get(NAME)!.stop()
    const mine = join(folder, NAME)
    settle(mine, must(readNote(folder)))
    if (!(await measured(mine, must(readPassphrase(folder))))) process.exitCode = 1
  } finally {
    await network?.stop()
    await bitcoind?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
