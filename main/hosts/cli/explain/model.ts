/** What `golem explain` knows of an endpoint, as data: `--json` prints it, `text.ts` words it. */
import {
  costOf,
  isOwn,
  labelOf,
  rulesAtStake,
  ruleWords,
  lanesOf,
  serversOf,
  typeWords,
  typeOfSource,
  type Block,
  type Cost,
  type Endpoint,
  type Program,
  type RuleAtStake,
  type Slot,
  type Source,
} from '../../../../roles/program/index.ts'
import { ok, type Result } from '../../../../roles/protocol/result.ts'
import { returnsOf, writesOf, type ExplainedReturn, type ExplainedWrite } from './flows.ts'
import { columnsOf, lookupsOf, sourcesIn, splitsIn, type ExplainedLookup, type ExplainedSplit } from './lookups.ts'
import { labelNames, sameSource, valueName } from './words.ts'

export interface ExplainedPoint {
  name: string
  doc: string
  /** `file:line` of the `see`. */
  at: string
  /** The go-ahead of an earlier point that it waits for. */
  onlyIf: string | null
  sees: string[]
  /** Moved into its writes, and not seen by it. */
  moves: string[]
  /** What it makes, sealed for later points and the caller. */
  makes: Array<{ name: string; type: string }>
  writes: Array<{ collection: string; slot: string; fields: string[] }>
}

export interface ExplainedValue {
  value: string
  type: string
  /** Points that see it, and those that never do, in order. */
  seenBy: string[]
  sealedFor: string[]
}

export interface ExplainedRule extends RuleAtStake {
  words: string
  /** Only other calls of the same caller can be in the way. */
  own: boolean
}

export interface ExplainedEndpoint {
  name: string
  doc: string
  arguments: Array<{ name: string; type: string }>
  keys: Slot[]
  lookups: ExplainedLookup[]
  splits: ExplainedSplit[]
  /** In all lanes, and the one in front that passes everything on and sees no value; 0 where there is no point. */
  servers: number
  /** Servers that run each observation point beside each other. */
  lanes: number
  points: ExplainedPoint[]
  values: ExplainedValue[]
  stored: ExplainedWrite[]
  /** For which the call may be refused, though it was in order, when another is counted first. */
  rules: ExplainedRule[]
  returned: ExplainedReturn[]
  /** In the worst case. */
  cost: Cost
}

/**
 * @param name of an endpoint of the checked program
 * @param witnesses of the offer that the program runs under
 */
export function explainEndpoint(program: Program, name: string, witnesses: number): Result<ExplainedEndpoint> {
  const label = labelOf(program, name)
  if (!label.ok) return label
  const cost = costOf(program, name)
  if (!cost.ok) return cost
  const endpoint = program.endpoints[name]!
  const names = labelNames(endpoint, (query) => columnsOf(program, query))
  return ok({
    name,
    doc: endpoint.doc,
    arguments: Object.entries(endpoint.request).map(([field, type]) => ({ name: field, type: typeWords(type) })),
    keys: endpoint.slots,
    lookups: lookupsOf(program, endpoint),
    splits: splitsIn(program, name),
    servers: serversOf(endpoint, witnesses),
    lanes: lanesOf(endpoint, witnesses),
    points: endpoint.blocks.map((block, position) => explainPoint(endpoint, block, position)),
    values: valuesOf(program, endpoint),
    stored: writesOf(endpoint, label.value, names),
    rules: rulesAtStake(program, endpoint).map((rule) => ({ ...rule, words: ruleWords(rule), own: isOwn(rule) })),
    returned: returnsOf(program, endpoint, label.value, names),
    cost: cost.value,
  })
}

/** What a point opens: its inputs and the go-ahead. */
const openedBy = (block: Block): Source[] => [...block.inputs.map((input) => input.source), ...(block.guard === null ? [] : [block.guard])]

const opens = (block: Block, source: Source): boolean => openedBy(block).some((other) => sameSource(other, source))

const ORDER = ['request', 'caller', 'slot', 'query', 'block']

/** Each source once: what the caller gives, what is looked up, what earlier points made. */
const inOrder = (sources: Source[]): Source[] =>
  sources
    .filter((source, i) => sources.findIndex((other) => sameSource(other, source)) === i)
    .sort(
      (a, b) =>
        ORDER.indexOf(a.from) - ORDER.indexOf(b.from) ||
        (a.from === 'block' && b.from === 'block' ? a.block - b.block || a.output - b.output : 0),
    )

function explainPoint(endpoint: Endpoint, block: Block, position: number): ExplainedPoint {
  return {
    name: block.name,
    doc: block.doc ?? '',
    at: block.at,
    onlyIf: block.guard === null ? null : valueName(endpoint, block.guard),
    sees: inOrder([...openedBy(block), ...block.sites.map((site): Source => ({ from: 'slot', slot: site.slot }))]).map((source) =>
      valueName(endpoint, source),
    ),
    // Every server knows the caller, whose signature it checks.
    moves: block.carries.filter((source) => source.from !== 'caller' && !opens(block, source)).map((source) => valueName(endpoint, source)),
    makes: block.outputs.map((type, output) => ({
      name: valueName(endpoint, { from: 'block', block: position, output }),
      type: typeWords(type),
    })),
    writes: block.sites.map((site) => ({ collection: site.collection, slot: endpoint.slots[site.slot]!.name, fields: site.fields })),
  }
}

/** Every sealed value that some point opens or moves or the caller gets back, with who sees it. The caller is known to all. */
function valuesOf(program: Program, endpoint: Endpoint): ExplainedValue[] {
  const sources: Source[] = [
    ...Object.keys(endpoint.request).map((field): Source => ({ from: 'request', field })),
    ...endpoint.blocks.flatMap((block) => [...block.inputs.map((input) => input.source), ...block.carries]),
    ...endpoint.blocks.flatMap((block) => (block.guard === null ? [] : [block.guard])),
    ...sourcesIn(endpoint.response),
  ]
  return inOrder(sources.filter((source) => source.from !== 'caller' && source.from !== 'slot')).map((source) => ({
    value: valueName(endpoint, source),
    type: typeWords(typeOfSource(program, endpoint, source)),
    ...whoSees(endpoint, source),
  }))
}

function whoSees(endpoint: Endpoint, source: Source): Pick<ExplainedValue, 'seenBy' | 'sealedFor'> {
  // The point that makes a value knows it.
  const knows = (block: Block, position: number): boolean => opens(block, source) || (source.from === 'block' && source.block === position)
  const seen = endpoint.blocks.map(knows)
  const those = (wanted: boolean): string[] => endpoint.blocks.filter((_, i) => seen[i] === wanted).map((block) => block.name)
  return { seenBy: those(true), sealedFor: those(false) }
}
