/** The writes of an update: those that its links are signed over, of the fields, types and keys that the outline says (PROTOCOL.md 13, rows 10 and 11). */
import { eachEffect, fromJson, own, type Block, type WriteSite } from '../../program/index.ts'
import { fromHex } from '../bytes.ts'
import { canonicalBytes, type Json } from '../canonical.ts'
import type { Update, Write } from '../documents/index.ts'
import type { Row } from '../index/index.ts'
import { edgeId, verifyCommit } from '../requests/index.ts'
import type { Result } from '../result.ts'
import { passed, refuse, type ProofEnv, type UpdateEnv, type VerifyContext } from './update-env.ts'

/** The writes are exactly those of the claimed sites, and those that the links are signed over: of every lane, since lanes agree. */
export function checkDigests(update: Update, digests: string[]): Result<null> {
  let next = 0
  for (const [position, link] of update.lanes[0]!.entries()) {
    const from = next
    while (next < update.writes.length && update.writes[next]!.block === position) next++
    const sites = update.writes.slice(from, next).map((write) => write.site)
    if (!sameList(sites, link.sites) || !sameList(digests.slice(from, next), link.own))
      return refuse('update.digest', `The writes are not those that link ${position} is signed over. Publish all of them, unchanged.`, {
        position,
      })
  }
  return next === update.writes.length ? passed : refuse('update.digest', 'The update holds writes of no block.')
}

export const sameList = <T>(a: readonly T[], b: readonly T[]): boolean => a.length === b.length && a.every((item, i) => item === b[i])

/** Which field of a site is carried from where, as the outline's effects say: field → edge id. */
function carriedBySite(block: Block): Map<number, Record<string, string>> {
  const found = new Map<number, Record<string, string>>()
  eachEffect(block.body.effects, (effect) => {
    if (!('write' in effect)) return
    const carries = Object.entries(effect.fields).flatMap(([name, from]) =>
      'carry' in from ? [[name, edgeId(block.carries[from.carry]!)] as const] : [],
    )
    found.set(effect.write, Object.fromEntries(carries))
  })
  return found
}

const carriedMemo = new WeakMap<Block, Map<number, Record<string, string>>>()

function carriedOf(block: Block, site: number): Record<string, string> {
  const known = carriedMemo.get(block) ?? carriedBySite(block)
  carriedMemo.set(block, known)
  return known.get(site) ?? {}
}

const sameNames = (a: string[], b: string[]): boolean => a.length === b.length && a.every((name) => b.includes(name))

const opensCarried = (ctx: VerifyContext, { commit, salt }: Write['carried'][string], value: Json): boolean =>
  verifyCommit(ctx.crypto, commit, fromHex(salt), canonicalBytes(value))

function checkFields(ctx: VerifyContext, env: ProofEnv, update: Update, write: Write, isSound: boolean): Result<null> {
  const block = env.outline.endpoints[update.endpoint]!.blocks[write.block]!
  const site = block.sites[write.site]!
  if (write.collection !== site.collection)
    return refuse(
      'update.collection',
      `A write at site ${write.site} names the collection ${write.collection} instead of ${site.collection}.`,
    )
  const expected = carriedOf(block, write.site)
  if (!sameNames(Object.keys(write.fields), site.fields) || !sameNames(Object.keys(write.carried), Object.keys(expected))) {
    return refuse('update.fields', `A write to ${write.collection} has other fields than its call site.`)
  }
  const types = env.outline.collections[site.collection]!.fields
  for (const [name, value] of Object.entries(write.fields)) {
    const typed = fromJson(types[name]!, value)
    if (!typed.ok) return refuse('update.type', `${write.collection}.${name}: ${typed.error.message}`)
    const carried = own(write.carried, name)
    if (carried === undefined) continue
    if (carried.edge !== own(expected, name) || !(isSound || opensCarried(ctx, carried, value)))
      return refuse('update.carried', `${write.collection}.${name} is not the sealed value that the servers moved.`)
  }
  return passed
}

/** The slot's key: owned, in the right collection, at the version that the write replaces, fresh or written as declared. */
export function checkKey(env: UpdateEnv, update: Update, write: Write, site: WriteSite): Result<null> {
  const reserved = env.database.keys.get(write.key)
  const row = env.database.collections.get(write.collection)?.get(write.key)
  if (reserved === undefined || row === undefined || reserved.collection !== write.collection) {
    return refuse('update.key', `The key ${write.key} is not reserved in ${write.collection}.`)
  }
  if (reserved.owner !== update.by) return refuse('update.owner', `The key ${write.key} belongs to another client.`)
  if (reserved.version !== write.replaces)
    return refuse('update.replaced', `The key ${write.key} was written by an earlier update. Read it again and send the request again.`, {
      key: write.key,
    })
  const slot = env.outline.endpoints[update.endpoint]!.slots[site.slot]!
  return slotFits(slot.state, row, write, env)
    ? passed
    : refuse(
        'update.slot',
        `The slot ${slot.name} takes a key that is ${slot.state === 'fresh' ? 'reserved and never written' : 'written before'}.`,
      )
}

function slotFits(state: 'fresh' | 'owned', row: Row, write: Write, env: UpdateEnv): boolean {
  const whole =
    row.fields !== null || Object.keys(env.outline.collections[write.collection]!.fields).every((name) => Object.hasOwn(write.fields, name))
  return (state === 'owned') === row.written && whole
}

type KeyCheck = (write: Write, site: WriteSite) => Result<null>

/** Each write on its own, and one key for each slot and one slot for each key. */
export function checkWrites(ctx: VerifyContext, env: ProofEnv, update: Update, keyOf: KeyCheck, isSound: boolean): Result<null> {
  const keys = new Map<number, string>()
  const slots = new Map<string, number>()
  for (const write of update.writes) {
    const fields = checkFields(ctx, env, update, write, isSound)
    if (!fields.ok) return fields
    const site = env.outline.endpoints[update.endpoint]!.blocks[write.block]!.sites[write.site]!
    if ((keys.get(site.slot) ?? write.key) !== write.key || (slots.get(write.key) ?? site.slot) !== site.slot) {
      return refuse('update.slot', 'Two slots of the request name one key, or one slot two keys.')
    }
    keys.set(site.slot, write.key)
    slots.set(write.key, site.slot)
    const key = keyOf(write, site)
    if (!key.ok) return key
  }
  return passed
}

export function checkCarried(ctx: VerifyContext, { writes }: Update): Result<null> {
  const opens = writes.every(({ fields, carried }) =>
    Object.entries(carried).every(([name, one]) => own(fields, name) === undefined || opensCarried(ctx, one, own(fields, name)!)),
  )
  return opens ? passed : refuse('update.carried', 'A write holds another value than the servers moved.')
}
