/** `golem simulate`: what hostile or dead servers can do in a network of some size, and the tables of the threat model. */
import { fastCrypto } from '../../../adapters/crypto/fast.ts'
import { ok, type Result } from '../../../../roles/protocol/result.ts'
import { wrongUsage, type Call, type Command, type Done } from '../command.ts'
import type { Network } from '../simulate/network.ts'
import { clientsTable, costTable, countAll, gcdTable, networks, networkTable } from '../simulate/tables.ts'

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'count what hostile servers can forge and see, by the size of a network',
  usage: '',
  takes: [0, 0],
  flags: {
    servers: { kind: 'whole', value: 'N', range: [1, 10_000], doc: 'servers that are ready; without it, the tables of the threat model' },
    hostile: { kind: 'whole', value: 'N', range: [0, 10_000], default: 1, doc: 'how many of them one adversary has, or are dead' },
    witnesses: { kind: 'whole', value: 'N', range: [0, 8], default: 2, doc: 'further lanes of a request' },
    spare: { kind: 'whole', value: 'N', range: [0, 8], default: 2, doc: 'servers that a client may pass over' },
    blocks: { kind: 'whole', value: 'N', range: [1, 255], default: 2, doc: 'observation points of the endpoint, all of which write' },
    'client-ticks': { kind: 'whole', value: 'N', range: [1, 10_000_000], default: 20_000, doc: 'how many to deal' },
    seed: { kind: 'text', value: 'TEXT', default: 'golem', doc: 'where all of it comes from' },
  },
  doc: `Deals holders and seats as the product does, and counts: in how many client-ticks (one client, one tick) a client of the adversary has every
lane of a block on its servers, how often these see blocks of honest requests, and how many clients are stopped when the same servers are dead.`,
  example: 'golem simulate --servers 30 --hostile 3',
  run: (call) => Promise.resolve(simulate(call)),
}

function simulate({ flags }: Call): Result<Done> {
  const clientTicks = Number(flags['client-ticks'])
  const seed = String(flags['seed'])
  const gcdTicks = Math.ceil(clientTicks / 200)
  const { servers } = flags
  const asked = servers === undefined ? null : networkOf(flags)
  if (asked !== null && !asked.ok) return asked
  const rows = countAll(fastCrypto, asked === null ? networks() : [asked.value], clientTicks, seed)
  const value = { seed, clientTicks, networks: rows.map(([network, counted]) => ({ ...network, ...counted })) }
  const made = `Dealt ${clientTicks} client-ticks for each row from the seed «${seed}»; in brackets, where the true share is in 95 of 100 cases.`
  const parts = [made, networkTable(rows)]
  if (asked === null)
    parts.push(
      'Client-ticks in which they forge, for each tick, by their clients:',
      clientsTable(rows),
      `Requests that come to a server at the second block until it knows the primes of the first one, over ${gcdTicks} ticks a row:`,
      gcdTable(fastCrypto, gcdTicks, seed),
      'What identities cost:',
      costTable(),
    )
  return ok({ value, text: parts.join('\n\n') })
}

function networkOf(flags: Call['flags']): Result<Network> {
  const [servers, hostile, witnesses, spare, blocks] = ['servers', 'hostile', 'witnesses', 'spare', 'blocks'].map((name) =>
    Number(flags[name]!),
  ) as [number, number, number, number, number]
  if (hostile > servers) return wrongUsage(`--hostile must be at most --servers, ${servers}, not «${hostile}».`)
  const least = blocks * (1 + witnesses + spare)
  if (servers < least)
    return wrongUsage(
      `--servers must be at least ${least}: ${blocks} blocks with 1 + ${witnesses} + ${spare} servers each. An offer with fewer is refused.`,
    )
  return ok({ servers, hostile, witnesses, spare, blocks })
}
