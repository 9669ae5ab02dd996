/** `golem check`: what every participant does with a program document before running any of it. */
import { resolve } from 'node:path'
import { canonicalProgram, check, plural, type Program } from '../../../../roles/program/index.ts'
import { ok, type Result } from '../../../../roles/protocol/result.ts'
import { showPlace } from '../build/mistake.ts'
import type { Call, Command, Done } from '../command.ts'
import { readText } from '../load.ts'
import { parseJson } from '../../terminal/json-text.ts'

export const checkCommand: Command = {
  name: 'check',
  summary: 'check a program document as every participant does before running it',
  usage: 'app.json',
  takes: [1, 1],
  files: true,
  flags: {},
  doc: `Checks types, scopes, order and sizes of a document, wherever it comes from. A refusal names the place as a JSON path.`,
  example: 'golem check app.json',
  run: (call) => Promise.resolve(checkDocument(call)),
}

function checkDocument({ positionals, io }: Call): Result<Done> {
  const path = positionals[0]!
  const text = readText(path, io.cwd)
  if (!text.ok) return text
  const json = parseJson(path, text.value)
  if (!json.ok) return json
  const program = check(json.value)
  if (!program.ok) return { ok: false, error: { ...program.error, message: `${path}: ${program.error.message}` } }
  const canonical = text.value.trimEnd() === canonicalProgram(program.value)
  const value = { ...countsOf(program.value), canonical }
  return ok({ value, text: textOf(showPlace({ file: resolve(io.cwd, path), line: null }, io.cwd), value) })
}

const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0)

function countsOf(program: Program) {
  const endpoints = Object.values(program.endpoints)
  const blocks = endpoints.flatMap((endpoint) => endpoint.blocks)
  return {
    name: program.name,
    collections: Object.keys(program.collections).length,
    endpoints: endpoints.length,
    blocks: blocks.length,
    writeSites: sum(blocks.map((block) => block.sites.length)),
    nodes: sum(blocks.map((block) => block.body.nodes.length)),
  }
}

function textOf(path: string, value: ReturnType<typeof countsOf> & { canonical: boolean }): string {
  const counted = [
    plural(value.collections, 'collection'),
    plural(value.endpoints, 'endpoint'),
    plural(value.blocks, 'observation point'),
    `${plural(value.writeSites, 'place')} that may write`,
  ].join(', ')
  const form = value.canonical
    ? ''
    : '\nIt is not in canonical form, which is the one that is published and hashed; golem compile writes that.'
  return `${path}: ${value.name} is in order: ${counted}.${form}`
}
