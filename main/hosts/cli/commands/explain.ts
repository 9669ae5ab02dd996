/** `golem explain`: what an application does with whose data, for someone who did not write it. */
import type { Program } from '../../../../roles/program/index.ts'
import { MOST_WITNESSES } from '../../../../roles/protocol/documents/index.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { BUILD_FLAGS, buildOptions, type Call, type Command, type Done } from '../command.ts'
import { explainEndpoint, type ExplainedEndpoint } from '../explain/model.ts'
import { explanationText } from '../explain/text.ts'
import { loadProgram } from '../load.ts'

export const explainCommand: Command = {
  name: 'explain',
  summary: 'say who sees what, what is stored and what an endpoint takes',
  usage: 'app.ts|app.json [endpoint]',
  takes: [1, 2],
  files: true,
  flags: {
    ...BUILD_FLAGS,
    witnesses: {
      kind: 'whole',
      value: 'N',
      range: [0, MOST_WITNESSES],
      default: 1,
      doc: 'witnesses of the offer: servers that calculate along in an endpoint that writes',
    },
  },
  doc: `For every endpoint (or the one you name): its arguments and lookups, the servers it takes and what each
of them sees and writes, what stays sealed, and what can influence each stored and each returned field.`,
  example: 'golem explain app.ts post',
  run: explain,
}

async function explain(call: Call): Promise<Result<Done>> {
  const options = buildOptions(call)
  if (!options.ok) return options
  const program = await loadProgram(call.positionals[0]!, options.value)
  if (!program.ok) return program
  const names = namesOf(program.value, call.positionals[1])
  if (!names.ok) return names
  const explained: ExplainedEndpoint[] = []
  for (const name of names.value) {
    const one = explainEndpoint(program.value, name, Number(call.flags['witnesses']))
    if (!one.ok) return one
    explained.push(one.value)
  }
  const { name, doc, collections } = program.value
  return ok({ text: explanationText(program.value, explained), value: { name, doc, collections, endpoints: explained } })
}

function namesOf(program: Program, wanted: string | undefined): Result<string[]> {
  const names = Object.keys(program.endpoints)
  if (wanted === undefined) return ok(names)
  return names.includes(wanted)
    ? ok([wanted])
    : fail('program.endpoint', `${program.name} has no endpoint ${wanted}; it has ${names.join(', ')}.`)
}
