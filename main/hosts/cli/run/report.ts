/** What a local run prints. */
import {
  canBreak,
  isEmpty,
  naturalForm,
  refusalWords,
  responseType,
  rulesOf,
  toJson,
  type BlockRun,
  type Endpoint,
  type Json,
  type Program,
  type Type,
  type Write,
} from '../../../../roles/program/index.ts'
import { wrap } from '../../terminal/layout.ts'
import { used, type LocalRun } from './call.ts'

export interface About {
  program: Program
  endpoint: string
  caller: string
  /** As named by the caller. */
  data: string | null
  committed: boolean
}

const endpointOf = ({ program, endpoint }: About): Endpoint => program.endpoints[endpoint]!
const ran = (endpoint: Endpoint, run: BlockRun, position: number): boolean => endpoint.blocks[position]!.guard === null || run.steps > 0

/** For programs: values in exact form. */
export function runValue(about: About, { run, slots, refused }: LocalRun): unknown {
  const endpoint = endpointOf(about)
  const fieldsOf = (write: Write): Json => {
    const types = about.program.collections[write.collection]!.fields
    return Object.fromEntries(Object.entries(write.fields).map(([name, value]) => [name, toJson(types[name]!, value)]))
  }
  return {
    response: toJson(responseType(about.program, endpoint), run.response),
    writes: run.writes.map((write) => ({
      block: endpoint.blocks[write.block]!.name,
      site: write.site,
      collection: write.collection,
      key: slots[write.slot]!,
      owner: about.caller,
      fields: fieldsOf(write),
      rules: rulesFor(about, write),
    })),
    refused,
    blocks: run.blocks.map((block, i) => ({
      name: endpoint.blocks[i]!.name,
      ran: ran(endpoint, block, i),
      sites: block.sites,
      steps: block.steps,
      bytes: block.bytes,
    })),
    steps: run.steps,
    bytes: run.bytes,
    committed: about.committed,
  }
}

/** For people. */
export function runText(about: About, done: LocalRun): string {
  const type = responseType(about.program, endpointOf(about))
  const response = isEmpty(type) ? '(nothing)' : JSON.stringify(naturalForm(type, done.run.response), null, 2)
  return [
    'response',
    indent(response),
    '',
    ...writesText(about, done),
    ...rulesText(about, done),
    '',
    'observation points',
    ...pointsText(endpointOf(about), done),
    '',
    ending(about, done),
  ].join('\n')
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')

function writesText(about: About, { run, slots }: LocalRun): string[] {
  const { program } = about
  if (run.writes.length === 0) return ['writes', '  nothing']
  return [
    'writes',
    ...run.writes.flatMap((write) => {
      const { state } = endpointOf(about).slots[write.slot]!
      const title = `  ${state === 'fresh' ? 'a new row' : 'the row'} of ${write.collection}: key ${slots[write.slot]!}`
      return [title, ...fieldLines(program.collections[write.collection]!.fields, write)]
    }),
  ]
}

/** For what a write may be refused when another is counted first, a sentence each. */
function rulesFor({ program, endpoint }: About, write: Write): string[] {
  const { blocks, slots } = program.endpoints[endpoint]!
  const stage = { collections: program.collections, slots }
  return rulesOf(write.collection, program.collections[write.collection]!)
    .filter((rule) => canBreak(stage, blocks[write.block]!.sites[write.site]!, rule))
    .map(refusalWords)
}

/** Which rule the data lets the writes break; where it lets them, which ones others may. */
function rulesText(about: About, { run, refused }: LocalRun): string[] {
  if (refused !== null) return ['', 'refused', ...wrap(`It would not count. ${refused.says}`, '  ')]
  return [...new Set(run.writes.flatMap((write) => rulesFor(about, write)))].flatMap((sentence) => wrap(sentence, '  '))
}

function fieldLines(types: Record<string, Type>, { fields }: Write): string[] {
  const width = Math.max(...Object.keys(fields).map((name) => name.length))
  return Object.entries(fields).map(([name, value]) => `    ${name.padEnd(width)}  ${JSON.stringify(naturalForm(types[name]!, value))}`)
}

function pointsText(endpoint: Endpoint, { run }: LocalRun): string[] {
  const width = Math.max('together'.length, ...endpoint.blocks.map(({ name }) => name.length))
  if (endpoint.blocks.length === 0) return ["  none: the caller's app answers alone, and no server takes part"]
  const lines = run.blocks.map((block, i) => {
    const name = endpoint.blocks[i]!.name.padEnd(width)
    if (!ran(endpoint, block, i)) return `  ${name}  not run: an earlier point decided so`
    const wrote =
      block.sites.length === 0 ? 'wrote nothing' : `wrote at ${block.sites.length === 1 ? 'site' : 'sites'} ${block.sites.join(', ')}`
    return `  ${name}  ${used(block)}, ${wrote}`
  })
  return [...lines, `  ${'together'.padEnd(width)}  ${used(run)}`]
}

function ending({ data, committed, caller }: About, { run, refused }: LocalRun): string {
  const who = `caller ${caller.slice(0, 8)}…`
  if (refused !== null) return `${who}; refused by a rule, and nothing of it would be stored`
  if (run.writes.length === 0) return `${who}; nothing to store`
  if (committed) return `${who}; the writes are stored in ${data}`
  return `${who}; nothing was stored: ${data === null ? '--data FILE --commit' : '--commit'} stores the writes`
}
