/** An explanation for someone who did not write the app. */
import { rulesOf, ruleWords, type Collection, type Program } from '../../../../roles/program/index.ts'
import type { ExplainedReturn, ExplainedWrite } from './flows.ts'
import type { ExplainedLookup, ExplainedSplit } from './lookups.ts'
import type { ExplainedEndpoint, ExplainedPoint, ExplainedRule, ExplainedValue } from './model.ts'
import { table, WIDTH, wrap } from '../../terminal/layout.ts'
import { groupAnswers, listed, slotName } from './words.ts'

const section = (title: string, lines: string[]): string[] => (lines.length === 0 ? [] : ['', `  ${title}`, ...lines])

const INTRODUCTION = `How to read this. The caller's app seals every value and sends it through the points one after another. A server
sees the values listed for its point and nothing else; the rest passes through its hands sealed. Where several servers run a
point beside each other, every one of them sees these values, and all have to make the same. Every server also knows who the caller is
(a public key), because it checks the caller's signature, and checks the proof of every looked-up value that it sees. The caller
can open everything that comes back, and nothing is stored before the caller has published it. Where values are listed that can
influence a result, no other value can change it, as long as the call does not fail.`

/** The whole text for some endpoints of a program. */
export function explanationText(program: Program, endpoints: ExplainedEndpoint[]): string {
  const collections = Object.entries(program.collections).map(([name, collection]): [string, string] => [
    name,
    collectionText(name, collection),
  ])
  return [
    program.name,
    ...wrap(program.doc, ''),
    '',
    ...wrap(INTRODUCTION, ''),
    ...(collections.length === 0 ? [] : ['', 'Collections, which everybody can read', ...table(collections, '  ')]),
    ...endpoints.flatMap((endpoint) => ['', ...endpointText(endpoint)]),
  ].join('\n')
}

/** What a collection is, and its rules, which everybody is held to. */
const collectionText = (name: string, collection: Collection): string =>
  [collection.doc, ...rulesOf(name, collection).map((rule) => `Rule: ${ruleWords(rule)}.`)].join(' ')

function endpointText(endpoint: ExplainedEndpoint): string[] {
  const title = `── ${endpoint.name} `
  return [
    `${title}${'─'.repeat(Math.max(3, WIDTH - title.length))}`,
    ...wrap(endpoint.doc, '  '),
    ...section('The caller gives', givenText(endpoint)),
    ...section(`The caller's app looks up${endpoint.servers === 0 ? '' : ', before any server is asked'}`, lookedUpText(endpoint)),
    ...splitText(endpoint),
    ...section(
      serversTitle(endpoint),
      endpoint.servers === 0 ? ALONE : [FRONT, ...endpoint.points.flatMap((point, i) => pointText(endpoint, point, i))],
    ),
    ...section(
      'Who sees which value',
      table(
        endpoint.values.filter(isInput).map((value) => [value.value, seenText(value)]),
        '    ',
      ),
    ),
    ...section('What is stored, and the only values that can influence it', endpoint.stored.flatMap(storedText)),
    ...section('What may be refused if another call is counted first', endpoint.rules.flatMap(ruleText)),
    ...section('What the caller gets back, and the only values that can influence it', returnedText(endpoint.returned)),
    ...section('What a call costs at most', costText(endpoint)),
  ]
}

const number = (value: number): string => value.toLocaleString('en-US')
const counted = (value: number, one: string, many: string): string => `${number(value)} ${value === 1 ? one : many}`

/** A block whose values may grow without a useful bound is stopped by the app's budget, and by nothing before. */
function costText({ servers, lanes, cost: { blocks, totals } }: ExplainedEndpoint): string[] {
  const bytes = (value: number): string => (value < 10_000 ? counted(value, 'byte', 'bytes') : `${number(Math.ceil(value / 1024))} KiB`)
  const rows = blocks.map((block): [string, string] => [
    block.block,
    block.unbounded
      ? `no useful bound: what it makes may grow until the app's budget stops it (${block.at})`
      : `${counted(block.steps, 'step', 'steps')}, ${bytes(block.bytes)} of values; opens up to ${bytes(block.inputBytes)}, makes up to ${bytes(block.outputBytes)}` +
        (block.writes === 0 ? '' : `, and ${counted(block.writes, 'write', 'writes')}`),
  ])
  const rounds = `${counted(servers, 'server', 'servers')}${lanes > 1 ? `, each point calculated ${lanes} times` : ''}, ${counted(totals.rows, 'row', 'rows')} looked up, ${counted(totals.writes, 'write', 'writes')}`
  return table([...rows, ['together', rounds]], '    ')
}

function givenText({ arguments: given, keys }: ExplainedEndpoint): string[] {
  const rows = given.map(({ name, type }): [string, string] => [name, type])
  for (const slot of keys) {
    rows.push([
      slotName(slot),
      slot.state === 'fresh'
        ? `a reserved key for a new row of ${slot.collection}`
        : `the key of one of the caller's rows of ${slot.collection}`,
    ])
  }
  return rows.length === 0 ? ['    nothing'] : table(rows, '    ')
}

const lookupRow = ({ name, words, values }: ExplainedLookup): [string, string] => [
  name,
  `${words}; ${values.length === 0 ? 'unused' : `used: ${listed(values)}`}`,
]

const lookedUpText = ({ lookups }: ExplainedEndpoint): string[] =>
  table(lookups.filter((lookup) => lookup.stage === 0).map(lookupRow), '    ')

/** Lookups that wait for values which servers calculate, those of one line and one pause together; see `splitsIn`. */
function splitText({ lookups, splits }: ExplainedEndpoint): string[] {
  const groups = Map.groupBy(splits, ({ at, shows, before }) => [at, ...shows, ...before].join(' '))
  const lines = [...groups.values()].flatMap((together) => [
    ...table(lookups.filter(({ name }) => together.some(({ query }) => query === name)).map(lookupRow), '    '),
    ...splitWords(together),
  ])
  return section('The endpoint is split: these lookups wait for what servers calculate', lines)
}

function splitWords(together: ExplainedSplit[]): string[] {
  const { at, shows, before } = together[0]!
  const because = groupAnswers([...new Set(together.flatMap((split) => split.because))])
  const needs = wrap(`${together.length === 1 ? 'It needs' : 'They need'} ${listed(because)} (${at}).`, '       ')
  if (before.length === 0) return needs
  const stop = `So the caller can open ${listed(groupAnswers(shows))} before ${listed(before)} runs, and stop there.`
  return [...needs, ...wrap(stop, '       ')]
}

function pointText(endpoint: ExplainedEndpoint, point: ExplainedPoint, position: number): string[] {
  const rows: Array<[string, string]> = []
  if (point.doc !== '') rows.push(['purpose', point.doc])
  if (point.onlyIf !== null) rows.push(['only if', `${point.onlyIf} is yes; otherwise it does nothing and its answers are empty`])
  rows.push(['sees', point.sees.length === 0 ? 'nothing' : listed(groupAnswers(point.sees))])
  if (point.moves.length > 0) rows.push(['moves', `${listed(point.moves)}, sealed, into what it stores`])
  rows.push([
    point.writes.length === 0 ? 'writes' : 'may write',
    point.writes.length === 0 ? 'nothing' : point.writes.map((write) => writeText(endpoint, write)).join('; '),
  ])
  if (point.makes.length > 0) rows.push(['makes', madeText(point)])
  return ['', `    ${position + 1}  ${point.name}   (${point.at})`, ...table(rows, '       ')]
}

function writeText({ keys }: ExplainedEndpoint, { collection, slot, fields }: ExplainedPoint['writes'][number]): string {
  const fresh = keys.find((key) => key.name === slot)?.state === 'fresh'
  return `${fresh ? `a new row of ${collection}` : `the caller's row of ${collection}`} (${listed(fields)})`
}

/** Results are sealed for later points and for the caller; those without a name are counted. */
function madeText({ name: point, makes }: ExplainedPoint): string {
  const types = [...new Set(makes.map(({ type }) => type))]
  const ofType = (type: string): string[] =>
    groupAnswers(makes.filter((made) => made.type === type).map(({ name }) => name.replace(`${point}'s `, '')))
  return listed(types.map((type) => `${listed(ofType(type))} (${type})`))
}

const NUMBERS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve']

const serversTitle = ({ servers, lanes }: ExplainedEndpoint): string => {
  if (servers === 0) return 'No server takes part'
  const each = (NUMBERS[lanes] ?? String(lanes)).toLowerCase()
  return `${NUMBERS[servers] ?? servers} servers take part: one in front, and ${each} for ${servers === lanes + 1 ? 'the one point' : 'each point'}`
}

const ALONE = wrap(
  "The caller's app answers alone, from what is given and what it looks up and proves. Nothing is opened, and nothing is stored.",
  '    ',
)
const FRONT = '    front  passes everything on and sees no value'

/** Answers that only the caller gets are told elsewhere. */
const isInput = (value: ExplainedValue): boolean => !(value.value.includes("'s ") && value.seenBy.length < 2)

function seenText({ seenBy, sealedFor }: ExplainedValue): string {
  if (seenBy.length === 0) return 'no server'
  if (sealedFor.length === 0) return listed(seenBy)
  return `${listed(seenBy)}; stays sealed for ${listed(sealedFor)}`
}

function storedText({ collection, point, state, decidedBy, fields }: ExplainedWrite): string[] {
  const rows = fields.map(({ field, how, from }): [string, string] => [field, originText(how, from)])
  const title = `    ${point} writes ${state === 'fresh' ? 'a new row of' : "the caller's row of"} ${collection}`
  return [title, ...table([['whether at all', decidedBy.length === 0 ? 'always' : listed(decidedBy)], ...rows], '       ')]
}

function originText(how: ExplainedWrite['fields'][number]['how'], from: string[]): string {
  if (how === 'fixed') return `always ${from[0]!}`
  if (how !== 'calculated') return `${from[0]!}, unchanged`
  return from.length === 0 ? 'nothing: it is always the same' : listed(from)
}

const ruleText = ({ words, own, blocks }: ExplainedRule): string[] =>
  wrap(
    `${listed(blocks)} may break this rule: ${words}. ${own ? "Only the caller's own calls can be in the way." : 'Whoever is counted first wins.'}`,
    '    ',
  )

const returnedText = (returned: ExplainedReturn[]): string[] =>
  table(
    returned.map(({ field, type, how, from }) => [
      field === '' ? 'answer' : field,
      `${type}; ${how === 'calculated' ? 'depends on ' : ''}${originText(how, from)}`,
    ]),
    '    ',
  )
