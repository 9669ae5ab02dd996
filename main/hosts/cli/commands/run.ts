/** `golem run`: a whole endpoint on this computer, without a network. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Program } from '../../../../roles/program/index.ts'
import { createDatabase, type Database } from '../../../../roles/protocol/index/index.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { BUILD_FLAGS, buildOptions, wrongUsage, type Call, type Command, type Done } from '../command.ts'
import { loadProgram, readJson } from '../load.ts'
import { callEndpoint, commit, type LocalCall, type LocalRun } from '../run/call.ts'
import { dataOf, OWNER, readData } from '../run/data.ts'
import { runText, runValue } from '../run/report.ts'
import { parseJson } from '../../terminal/json-text.ts'
import { withoutMark } from '../../terminal/text-file.ts'
import { replaceFile } from '../../terminal/write-file.ts'

/** Whoever calls when nobody is named. */
const SOMEBODY = 'a'.repeat(64)
/** What an offer of ours allows one observation point (`main/core/supervisor/offers.ts`). */
const BUDGET = { steps: 1_000_000, bytes: 4_000_000 }
const MOST = [1, 1_000_000_000] as const

export const runCommand: Command = {
  name: 'run',
  summary: 'run an endpoint on this computer, without a network',
  usage: 'app.ts|app.json <endpoint>',
  takes: [2, 2],
  files: true,
  flags: {
    request: { kind: 'text', short: 'r', value: 'JSON', doc: 'the arguments, e.g. \'{"topic":"cats","count":3}\' ({})' },
    caller: { kind: 'text', value: 'HEX', doc: 'public key of the caller, 64 hex digits (aaaa…)' },
    data: {
      kind: 'text',
      short: 'd',
      value: 'FILE',
      doc: 'JSON file with the rows there are',
    },
    commit: { kind: 'flag', doc: 'enter the writes into the data file, which is made when there is none' },
    'budget-steps': { kind: 'whole', value: 'N', range: MOST, default: BUDGET.steps, doc: 'steps that one observation point may use' },
    'budget-bytes': {
      kind: 'whole',
      value: 'N',
      range: MOST,
      default: BUDGET.bytes,
      doc: 'bytes of values that one observation point may make',
    },
    ...BUILD_FLAGS,
  },
  doc: `Answers the endpoint's queries from the data file by the same indices and in the same order as on the network,
runs its observation points with the servers' own evaluator, and prints the response, the writes, and what each point used.
Arguments may be natural JSON (numbers for integers) or the exact form of the document. Keys for new rows are made up, the same ones
on the same data; "<slot>" in the request names the row to change. The data file has the form
{ "collections": { "posts": [{ "key": "…", "owner": "…", "fields": { … } }] } }; fields are null where a key is only reserved.`,
  example: 'golem run app.ts post --request \'{"topic":"cats","text":"Hello"}\' --data data.json --commit',
  run,
}

async function run(call: Call): Promise<Result<Done>> {
  const asked = readArguments(call)
  const options = buildOptions(call)
  if (!asked.ok) return asked
  if (!options.ok) return options
  const program = await loadProgram(call.positionals[0]!, options.value)
  if (!program.ok) return program
  const db = openData(program.value, call)
  if (!db.ok) return db
  const done = callEndpoint(db.value, asked.value)
  if (!done.ok) return done
  const data = call.flags['data'] === undefined ? null : String(call.flags['data'])
  const committed = call.flags['commit'] === true
  if (committed) {
    const written = save(db.value, done.value, call, asked.value.caller)
    if (!written.ok) return written
  }
  const about = { program: program.value, endpoint: asked.value.endpoint, caller: asked.value.caller, data, committed }
  return ok({ text: runText(about, done.value), value: runValue(about, done.value) })
}

function readArguments(call: Call): Result<LocalCall> {
  const { request = '{}', caller = SOMEBODY, data, commit: commits } = call.flags
  if (commits === true && data === undefined) return wrongUsage('--commit needs --data FILE to write to.')
  if (!OWNER.test(String(caller))) return wrongUsage('--caller must be a public key of 64 hex digits (0-9, a-f).')
  const read = readRequest(String(request))
  return read.ok
    ? ok({
        endpoint: call.positionals[1]!,
        request: read.value,
        caller: String(caller),
        budget: { steps: Number(call.flags['budget-steps']), bytes: Number(call.flags['budget-bytes']) },
      })
    : read
}

function readRequest(text: string): Result<Record<string, unknown>> {
  const json = parseJson('--request', withoutMark(text))
  if (!json.ok) return wrongUsage(json.error.message)
  if (typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value)) return ok(json.value as Record<string, unknown>)
  return wrongUsage("--request must be a JSON object with the endpoint's arguments.")
}

function openData(program: Program, { flags, io }: Call): Result<Database> {
  if (flags['data'] === undefined) return ok(createDatabase(program))
  const path = String(flags['data'])
  if (flags['commit'] === true && !existsSync(resolve(io.cwd, path))) return ok(createDatabase(program))
  const json = readJson(path, io.cwd)
  if (!json.ok) return json
  const db = readData(program, json.value)
  return db.ok ? db : fail(db.error.code, `${path}: ${db.error.message}`)
}

function save(db: Database, done: LocalRun, { flags, io }: Call, caller: string): Result<null> {
  const entered = commit(db, done, caller)
  return entered.ok ? replaceFile(resolve(io.cwd, String(flags['data'])), `${JSON.stringify(dataOf(db, done.madeUp), null, 2)}\n`) : entered
}
