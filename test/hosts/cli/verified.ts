/** Documents that a town's people signed, as files whose names say nothing. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Finding } from '../../../main/hosts/cli/verify/finding.ts'
import type { OpenedDocument } from '../../../roles/protocol/documents/index.ts'
import { fileEntry } from '../../../roles/protocol/index/index.ts'
import { encodeOutline, outlineOf } from '../../../roles/protocol/requests/index.ts'
import { crypto, makeUpdate, notes, type UpdateOptions } from '../../roles/supervisor/actors.ts'
import { peopleTown, tickSecrets, type Town } from '../../roles/supervisor/town.ts'
import { answered, golem } from './golem.ts'

const OUTLINE = { name: 'outline', bytes: encodeOutline(outlineOf(notes)) }
const TERMS = { witnesses: 1, spare: 1, outline: fileEntry(crypto, OUTLINE) }

export interface Scene {
  town: Town
  update: OpenedDocument<'update'>
}

/** A request in tick 2, which tick 4 decides, and the ticks up to another one. */
export async function scene(seed: string, change: Partial<UpdateOptions> = {}, servers = 7, until = 4): Promise<Scene> {
  const town = await peopleTown(seed, { ...TERMS, minimumServers: servers - 1 }, servers)
  const key = town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
  const about = { app: town.app, tick: 2, ...tickSecrets(town, 2), endpoint: 'post' as const, key, replaces, text: 'Hello' }
  const update = makeUpdate(town.cast, { ...about, ...change })
  town.anchor(update, { spends: [key.publicKey] })
  await town.mineTo(until)
  return { town, update }
}

export type Ticks = Array<OpenedDocument<'tick'>>
export const ticksOf = (town: Town): Ticks => town.ticks.map(({ document }) => document)

let serial = 0

/** Puts bytes into a file of a folder; the name says nothing. */
export function put(folder: string, bytes: Uint8Array): string {
  const name = `${serial++}.bin`
  writeFileSync(join(folder, name), bytes)
  return name
}

/** What is needed beside the document that is asked about, each in a file. @param without what is left out, by its name here */
export function evidence(folder: string, town: Town, ticks: Ticks = ticksOf(town), without: string[] = []): string[] {
  const isThere = (name: string): boolean => !without.includes(name)
  const numbers = new Set(ticks.flatMap(({ body }) => (isThere(`tick.${body.number}`) ? [body.number] : [])))
  const files = town.ticks.flatMap(({ document, files: of }) =>
    numbers.has(document.body.number) ? [...of].filter(([name]) => /^(reveal|evidence)/.test(name)) : [],
  )
  const parts: Array<[string, Uint8Array]> = [
    ...ticks.map((tick): [string, Uint8Array] => [`tick.${tick.body.number}`, tick.bytes]),
    ...files,
    ['offer', town.offer.bytes],
    ...(isThere('offer') ? [['outline', OUTLINE.bytes] as [string, Uint8Array]] : []),
  ]
  return parts.filter(([name]) => isThere(name)).map(([, bytes]) => put(folder, bytes))
}

export interface Asked {
  code: number
  /** What --json prints; of a refusal nothing. */
  value: Finding
  error: { code: string; message: string }
  text: string
}

/** The same for people and for programs. */
export async function ask(folder: string, ...args: string[]): Promise<Asked> {
  const [people, programs] = [await golem(folder, 'verify', ...args), await golem(folder, 'verify', ...args, '--json')]
  expect(people.code).toBe(programs.code)
  const { value, error } = answered(programs) as { value?: Finding; error: Asked['error'] }
  if (value !== undefined) {
    // Lines are wrapped.
    expect(people.out.replace(/\s+/g, ' ')).toContain(value.answer)
    expect(Object.keys(value).sort()).toEqual(['answer', 'checks', 'missing', 'proved', 'question', 'taken', 'who'])
    expect([value.proved, value.answer.slice(0, 4)]).toEqual(people.code === 0 ? [true, 'Yes:'] : [false, 'No: '])
  }
  return { code: people.code, value: value!, error, text: people.out + people.err }
}

export const guilty = ({ who }: Finding): string[] => who.filter((one) => one.guilty).map(({ key }) => key)
export const failing = ({ checks }: Finding): string[] => checks.filter(({ holds }) => holds === false).map(({ what }) => what)
