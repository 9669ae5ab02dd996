/**
 * What a node that uses an app tells whoever listens, in bytes: with a block in which nothing happens, and with a request from its sending to its place in
 * the index; as changes, beside the whole overview told as often, which was what events carried before. In a simulated network, so the counts follow from a seed.
 * Run: npm run bench -- told [--app guestbook] [--blocks 30]
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { peopleOf } from '../simulation/network/people.ts'
import { listenTo, type Listener } from '../simulation/network/told.ts'
import { startWorld } from '../simulation/network/world.ts'

const { values } = parseArgs({ options: { app: { type: 'string', default: 'guestbook' }, blocks: { type: 'string', default: '30' } } })
/** Of each, what has to be saved. */
const GOAL = 5

const REQUESTS: Record<string, [endpoint: string, args: Record<string, unknown>]> = {
  guestbook: ['post', { topic: 'golem', text: 'A post that nobody can unwrite.' }],
  poll: ['create', { question: 'Where?', options: ['Here', 'There'] }],
}

/** Prints a row, and says whether the goal is met. */
function row(what: string, count: number, { times, bytes, whole }: ReturnType<Listener['told']>): boolean {
  const each = (sum: number): string => `${Math.round(sum / count).toLocaleString('en-US')} B`.padStart(11)
  const ratio = whole / bytes
  process.stdout.write(
    `${what.padEnd(12)}${(times / count).toFixed(1).padStart(7)}${each(bytes)}${each(whole)}${ratio.toFixed(1).padStart(8)}\n`,
  )
  return ratio >= GOAL
}

async function main(): Promise<void> {
  const [endpoint, args] = REQUESTS[values.app] ?? REQUESTS['guestbook']!
  const world = await startWorld('told', 4, ['alice', 'bob'], { app: values.app })
  const people = peopleOf(world)
  try {
    await people.done('alice', endpoint, args)
    const alice = await listenTo(world, 'alice')
    alice.told()
    const blocks = Number(values.blocks)
    for (let at = 0; at < blocks; at++) await world.block()
    process.stdout.write(`${' '.repeat(14)}times    changes      whole   ratio (goal at least ${GOAL})\n`)
    const met = [row('a block', blocks, alice.told())]
    const REPEATED = 4
    for (let at = 0; at < REPEATED; at++) await people.done('alice', endpoint, args)
    met.push(row('a request', REPEATED, alice.told()))
    if (met.includes(false)) process.exitCode = 1
  } finally {
    await world.close()
  }
}

if (import.meta.main) await main()
