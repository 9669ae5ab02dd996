import type { Effect, Json, Source, Type, WriteValue } from '../document.ts'
import { freeName } from '../limits.ts'
import { branchesOf } from '../scopes.ts'
import { isOwnRow, rowFieldType } from '../sources.ts'
import { fromJson } from '../value/json.ts'
import { emptyRecord, own, sortedNames } from '../value/measure.ts'
import { fitsInside } from '../value/type-bounds.ts'
import { makeSealed } from './choose.ts'
import { nameGiven } from './given.ts'
import { liftAs, liftLiteral } from './lift.ts'
import { slotKind } from './habits.ts'
import type { Key, Sealed } from './marks.ts'
import { withMembers } from './members.ts'
import { ownMap } from './own-map.ts'
import { isPlain, isSealed } from './plain.ts'
import { activeBlock, activeEndpoint, BuildError, positionOf, sealedCores } from './recorder.ts'
import type { EndpointRecorder, Recorder, SealedCore } from './recorder.ts'
import { isSameKind, nameOfType } from './shape.ts'

declare const STATE: unique symbol

/** A key of the caller, for one write. */
export interface SlotHandle<N extends string, S extends 'fresh' | 'owned' = 'fresh' | 'owned'> {
  readonly key: Sealed<Key<N>>
  readonly [STATE]: S
}

const slotPositions = ownMap<number>()

/** The collection's name, with a number where a slot or an argument has that name. */
export function freeSlotName(endpoint: EndpointRecorder, collection: string): string {
  const taken = new Set([...endpoint.slots.map((slot) => slot.name), ...Object.keys(endpoint.request)])
  return freeName(collection, (name) => taken.has(name))
}

export function slotHandle(endpoint: EndpointRecorder, collection: string, name: string, state: 'fresh' | 'owned'): object {
  nameGiven(name, `the name of a key of ${collection}`)
  const argument = own(endpoint.request, name)
  if (argument !== undefined && !isOwnRow(argument, { collection, state }))
    throw new BuildError(
      'program.slot',
      `the key ${name} has the name of an argument, and a request could not give both; name it otherwise.`,
    )
  const known = endpoint.slots.findIndex((slot) => slot.name === name)
  const position = known >= 0 ? known : endpoint.slots.push({ name, collection, state }) - 1
  const slot = endpoint.slots[position]!
  if (slot.collection !== collection || slot.state !== state)
    throw new BuildError('program.slot', `the slot ${name} is already a ${slot.state} key of ${slot.collection}.`)
  const key = makeSealed({ source: { from: 'slot', slot: position } }, { kind: 'key', collection })
  const handle = withMembers({ key }, slotKind(name, collection, state))
  slotPositions.set(handle, position)
  return handle
}

/** Records a write of all fields of a fresh key, or of some fields of an owned one. @returns the key */
export function writeRow(collection: string, handle: object, fields: unknown, state: 'fresh' | 'owned'): object {
  const block = activeBlock()
  if (block.path.some((step) => step.kind === 'each'))
    throw new BuildError('program.nested', 'a write cannot stand inside map, filter or fold: every write needs a key of its own.')
  const slot = slotOf(block, collection, handle, state)
  if (!isPlain(fields)) throw new BuildError('program.field', `a write takes an object with fields of ${collection}.`)
  const values = emptyRecord<WriteValue>()
  for (const name of sortedNames(fields)) values[name] = writeValue(block, collection, name, own(fields, name))
  const missing =
    state === 'fresh' ? Object.keys(block.endpoint.collections[collection]!.fields).find((name) => !Object.hasOwn(values, name)) : undefined
  if (missing !== undefined) throw new BuildError('program.field', `create() needs every field of ${collection}; ${missing} is missing.`)
  if (Object.keys(values).length === 0) throw new BuildError('program.field', `update() needs a field of ${collection} at least.`)
  const site = block.sites.push({ collection, slot, fields: sortedNames(values) }) - 1
  block.effects.push({ write: site, fields: values })
  return (handle as SlotHandle<string>).key
}

/** The position of a slot that may be written here. */
function slotOf(block: Recorder, collection: string, handle: object, state: 'fresh' | 'owned'): number {
  const position = typeof handle === 'object' && handle !== null ? slotPositions.get(handle) : undefined
  const slot = position === undefined ? undefined : activeEndpoint().slots[position]
  if (position === undefined || slot === undefined || slot.collection !== collection || slot.state !== state)
    throw new BuildError(
      'program.slot',
      `a client writes only keys of its own; this needs one of ${collection} from db.${collection}.${state}(name), not any other key.`,
    )
  if (block.endpoint.blocks.some((other) => other !== block && other.sites.some((site) => site.slot === position)))
    throw new BuildError('program.slot', `another see() writes the key ${slot.name} already; use another one.`)
  if ([...block.outerEffects, block.effects].flat().some((effect) => writes(block, effect, position)))
    throw new BuildError(
      'program.slot',
      `the key ${slot.name} is written already before this; write all fields at once, or use another key.`,
    )
  return position
}

const writes = (block: Recorder, effect: Effect, slot: number): boolean =>
  'write' in effect
    ? block.sites[effect.write]!.slot === slot
    : branchesOf(effect)
        .flat()
        .some((inner) => writes(block, inner, slot))

function writeValue(block: Recorder, collection: string, name: string, value: unknown): WriteValue {
  const type = name.startsWith('$') ? undefined : rowFieldType(collection, own(block.endpoint.collections, collection)!, name)
  if (type === undefined) throw new BuildError('program.field', `${collection} has no field ${name} that can be written.`)
  const field = `${collection}.${name}`
  if (value === undefined) throw new BuildError('program.literal', `${field} is undefined; leave the field out instead.`)
  if (!isSealed(value)) return { node: liftAs(value, type, field).node }
  const core = sealedCores.get(value)!
  if (core.endpoint !== block.endpoint) throw new BuildError('program.foreign', 'this sealed value belongs to another endpoint.')
  if ('literal' in core.template) return { node: liftSealedLiteral(core, type, field) }
  if (!('source' in core.template))
    throw new BuildError(
      'program.choice',
      `${name} depends on a branch and only the client can put it together; write inside the branches instead.`,
    )
  return { carry: carrySource(block, core.template.source, core.type, type, field) }
}

/** What a see() returned as a plain literal. */
function liftSealedLiteral(core: SealedCore, type: Type, field: string): number {
  const value = fromJson(core.type, (core.template as { literal: Json }).literal)
  if (!value.ok) throw new Error(`a literal must be of its type: ${value.error.message}`)
  if (!isSameKind(core.type, type)) throw new BuildError('program.type', `${field} is ${nameOfType(type)}, not ${nameOfType(core.type)}.`)
  return liftLiteral({ type: core.type, value: value.value }).node
}

/** A value that is not opened is not looked at, so its type has to promise every bound of the field. */
function carrySource(block: Recorder, source: Source, type: Type, wanted: Type, field: string): number {
  if (source.from === 'query')
    throw new BuildError(
      'program.carry',
      'a value from the database is stored only by a see() that opens it, because its proof has to be checked.',
    )
  if (source.from === 'block' && source.block >= block.index)
    throw new BuildError('program.order', 'this value is made by a later observation point; write it there.')
  if (!isSameKind(type, wanted)) throw new BuildError('program.type', `${field} is ${nameOfType(wanted)}, not ${nameOfType(type)}.`)
  if (!fitsInside(type, wanted))
    throw new BuildError(
      'program.type',
      `the type of this sealed value allows more than ${field} does; give both the same bounds, or make it bounded(…) in the see() it comes from.`,
    )
  return positionOf(block.carries, source, (other) => other as never)
}
