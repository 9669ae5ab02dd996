/** What can influence what is stored and returned: the data-flow label in plain words. */
import {
  isEmpty,
  responseType,
  typeWords,
  type Block,
  type Effect,
  type Endpoint,
  type Label,
  type Program,
  type Template,
  type Type,
  type WriteValue,
} from '../../../../roles/program/index.ts'
import { valueName } from './words.ts'
import { own } from '../../../../roles/program/index.ts'

export interface ExplainedWrite {
  collection: string
  /** Name of the key that is written. */
  slot: string
  state: 'fresh' | 'owned'
  point: string
  /** What decides whether it is written; empty: it always is. */
  decidedBy: string[]
  fields: Array<{ field: string; how: 'moved' | 'copied' | 'fixed' | 'calculated'; from: string[] }>
}

export interface ExplainedReturn {
  /** Path into the response, empty for the response itself. */
  field: string
  type: string
  how: 'copied' | 'fixed' | 'calculated'
  from: string[]
}

/** @param names from the label's names to those of the explanation */
export function writesOf(endpoint: Endpoint, label: Label, names: Map<string, string>): ExplainedWrite[] {
  return endpoint.blocks.flatMap((block, position) =>
    block.sites.map((site, index) => {
      const stored = label.stored.filter((entry) => entry.block === position && entry.site === index)
      const slot = endpoint.slots[site.slot]!
      const slotKey = `slot.${slot.name}`
      const decidedBy = stored.filter((entry) => entry.field === '$key').flatMap((entry) => entry.inputs.filter((name) => name !== slotKey))
      const values = fieldsOfSite(block.body.effects, index)
      return {
        collection: site.collection,
        slot: slot.name,
        state: slot.state,
        point: block.name,
        decidedBy: named(decidedBy, names),
        fields: stored
          .filter((entry) => entry.field !== '$key')
          .map((entry) => ({ field: entry.field, ...originOf(endpoint, block, own(values, entry.field), named(entry.inputs, names)) })),
      }
    }),
  )
}

const named = (inputs: string[], names: Map<string, string>): string[] => inputs.map((name) => names.get(name) ?? name)

/** A field that is one value unchanged is said to be that; its label also counts what decides the write. */
function originOf(
  endpoint: Endpoint,
  block: Block,
  value: WriteValue | undefined,
  from: string[],
): Pick<ExplainedWrite['fields'][number], 'how' | 'from'> {
  if (value === undefined) return { how: 'calculated', from }
  if ('carry' in value) return { how: 'moved', from: [valueName(endpoint, block.carries[value.carry]!)] }
  const node = block.body.nodes[value.node]
  if (node?.op === 'input') return { how: 'copied', from: [valueName(endpoint, block.inputs[node.input]!.source)] }
  return node?.op === 'const' ? { how: 'fixed', from: [JSON.stringify(node.value)] } : { how: 'calculated', from }
}

/** The fields that a site writes, wherever among the effects it stands. */
function fieldsOfSite(effects: Effect[], site: number): Record<string, WriteValue> {
  for (const effect of effects) {
    if ('write' in effect) {
      if (effect.write === site) return effect.fields
      continue
    }
    const inner = branchesOf(effect)
      .map((branch) => fieldsOfSite(branch, site))
      .find((fields) => Object.keys(fields).length > 0)
    if (inner !== undefined) return inner
  }
  return {}
}

function branchesOf(effect: Exclude<Effect, { write: number }>): Effect[][] {
  if ('if' in effect) return [effect.then, effect.else]
  return 'match' in effect ? effect.arms.map((arm) => arm.effects) : [effect.some.effects, effect.none]
}

export function returnsOf(program: Program, endpoint: Endpoint, label: Label, names: Map<string, string>): ExplainedReturn[] {
  const type = responseType(program, endpoint)
  if (isEmpty(type)) return []
  return label.returned.map(({ field, inputs }) => {
    const path = field === '' ? [] : field.split('.')
    const template = path.reduce<Template>((part, name) => ('record' in part ? part.record[name]! : part), endpoint.response)
    return { field, type: typeWords(path.reduce(fieldType, type)), ...origin(endpoint, template, named(inputs, names)) }
  })
}

const fieldType = (type: Type, name: string): Type => (type.kind === 'record' ? type.fields[name]! : type)

function origin(endpoint: Endpoint, template: Template, from: string[]): Pick<ExplainedReturn, 'how' | 'from'> {
  if ('source' in template && template.source.from !== 'block') return { how: 'copied', from: [valueName(endpoint, template.source)] }
  return 'literal' in template ? { how: 'fixed', from: [JSON.stringify(template.literal)] } : { how: 'calculated', from }
}
