/**
 * `npm run audit`: audits an app from chain and swarm alone, as a fresh participant with an empty folder. Exit codes: 0 every root is equal,
 * 1 one is not, 2 the audit could not be done.
 *
 * Without options it audits the app of the local network that runs on this computer; `--chain-url`, `--chain-user`, `--chain-password`,
 * `--network` and `--tracker` name others, `--app` the hash of the app's first job offer.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { fail, ok, type ParticipantConfig, type Result } from '../../core/index.ts'
import { auditFresh, comparison, type Audited } from './network/auditor.ts'
import { readNote } from './network/note.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: process.env.GOLEM_FOLDER ?? join(homedir(), '.golem', 'local-network') },
    'chain-url': { type: 'string' },
    'chain-user': { type: 'string', default: '' },
    'chain-password': { type: 'string', default: process.env.GOLEM_CHAIN_PASSWORD ?? '' },
    network: { type: 'string', default: 'regtest' },
    tracker: { type: 'string', multiple: true, default: [] },
    app: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})

interface Place {
  chain: ParticipantConfig['chain']
  trackers: string[]
  dht: boolean
}

/** Where the app lives: as named by the options, else as the running local network wrote it down. */
function place(): Result<Place> {
  const url = values['chain-url']
  if (url === undefined) {
    const note = readNote(values.folder)
    return note.ok ? ok({ chain: { ...note.value.chain, network: 'regtest' }, trackers: [note.value.tracker], dht: false }) : note
  }
  const network = (['regtest', 'signet', 'testnet4', 'mainnet'] as const).find((one) => one === values.network)
  if (network === undefined) return fail('audit.network', `--network ${values.network}: choose regtest, signet, testnet4 or mainnet.`)
  const chain = { url, user: values['chain-user'], password: values['chain-password'], backend: 'bitcoind' as const, network }
  return ok({ chain, trackers: values.tracker, dht: values.tracker.length === 0 })
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

function show({ title, app, report }: Audited): void {
  print(`${title} (${app})`)
  for (const { number, expected, computed, equal } of report.ticks) {
    print(
      `tick ${String(number).padStart(4)}  ${comparison({ equal, computed }).padEnd(12)}  signed ${expected}  recomputed ${computed || '(not possible)'}`,
    )
  }
  const wrong = report.ticks.filter(({ equal }) => !equal).length
  const verdict = report.ok ? 'every root is equal' : `${wrong} of ${report.ticks.length} roots differ`
  print(`audit: ${report.ticks.length} ticks replayed from chain and swarm in ${Math.round(report.ms)} ms; ${verdict}`)
}

async function main(): Promise<number> {
  const where = place()
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

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
  return 2
})
