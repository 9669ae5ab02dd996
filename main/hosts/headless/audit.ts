/**
 * `npm run audit`: audits an app from chain and swarm alone, as a fresh participant with an empty folder. Without `--chain-url` it audits the app of
 * the local network that runs on this computer. Exit codes: 0 all is as it has to be, 1 it is not, 2 the audit could not be done.
 */
import process from 'node:process'
import { checkRpcAddress } from '../../adapters/chain/index.ts'
import { ok, type ParticipantConfig, type Result } from '../../core/index.ts'
import { begin, type Started } from '../terminal/hosts.ts'
import { wrongUsage } from '../terminal/options.ts'
import { networkFolder } from '../terminal/place.ts'
import { auditFresh, comparison, type Audited } from './network/auditor.ts'
import { readNote } from './network/note.ts'

type Values = Extract<Started<'audit'>, { values: unknown }>['values']

interface Place {
  chain: ParticipantConfig['chain']
  trackers: string[]
  dht: boolean
}

/** Options that would count for nothing beside the others: what is audited would not be what was asked for. */
function contradiction(values: Values): string | null {
  if (values['chain-url'] !== undefined)
    return values.folder === undefined ? null : '--folder and --chain-url name two places; give one of them.'
  const { 'chain-user': user, 'chain-password': password, network, tracker } = values
  const given = {
    'chain-user': user !== '',
    'chain-password': password !== undefined,
    network: network !== 'regtest',
    tracker: tracker.length > 0,
  }
  const name = Object.entries(given).find(([, isGiven]) => isGiven)?.[0]
  return name === undefined ? null : `--${name} is of a node that is named with --chain-url; without that the local network is audited.`
}

/** Where the app lives: as named by the options, else as the running local network wrote it down. */
function place(values: Values): Result<Place> {
  const url = values['chain-url']
  const lost = contradiction(values)
  if (lost !== null) return wrongUsage(lost)
  if (url === undefined) {
    const note = readNote(networkFolder(values.folder, 'sandbox'))
    return note.ok ? ok({ chain: { ...note.value.chain, network: 'regtest' }, trackers: [note.value.tracker], dht: false }) : note
  }
  const address = checkRpcAddress(url)
  if (!address.ok) return address
  const password = values['chain-password'] ?? process.env.GOLEM_CHAIN_PASSWORD ?? ''
  const chain = { url, user: values['chain-user'], password, backend: 'bitcoind' as const, network: values.network }
  return ok({ chain, trackers: values.tracker, dht: values.tracker.length === 0 })
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function show({ title, app, report }: Audited): void {
  print(`${title} (${app})`)
  for (const { number, expected, computed, equal, problems = [] } of report.ticks) {
    print(
      `tick ${String(number).padStart(4)}  ${comparison({ equal, computed }).padEnd(12)}  signed ${expected}  recomputed ${computed || '(not possible)'}`,
    )
    for (const problem of problems) print(`           ${problem}`)
  }
  const wrong = report.ticks.filter(({ equal }) => !equal).length
  const roots = wrong === 0 ? 'every root is equal' : `${wrong} of ${report.ticks.length} roots differ`
  const verdict = report.ok || wrong > 0 ? roots : 'every root is equal, and something else is wrong: read above'
  print(`audit: ${report.ticks.length} ticks replayed from chain and swarm in ${Math.round(report.ms)} ms; ${verdict}`)
  if (report.stopped !== undefined) print(`the history ends there: ${report.stopped}`)
}

async function main(values: Values): Promise<number> {
  const where = place(values)
  const audited = where.ok
    ? await auditFresh({
        ...where.value,
        ...(values.app === undefined ? {} : { app: values.app }),
        output: (text) => process.stderr.write(text),
      })
    : where
  if (!audited.ok) {
    process.stderr.write(`golem: ${audited.error.message}\n`)
    return 2
  }
  if (values.json) print(JSON.stringify(audited.value))
  else show(audited.value)
  return audited.value.report.ok ? 0 : 1
}

const begun = begin('audit', process.argv.slice(2))
process.exitCode =
  'exit' in begun
    ? begun.exit
    : await main(begun.values).catch((error: unknown) => {
        process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
        return 2
      })
