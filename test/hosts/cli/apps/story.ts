/** What people do with a sample app, told with `golem run` on a data file that every call reads and writes. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { repository } from '../../../architecture/rules.ts'
import { answered, golem, temporaryFolder } from '../golem.ts'

/** A public key for a name. */
export const keyOf = (name: string): string => Buffer.from(name.padEnd(32, '.')).toString('hex').slice(0, 64)

export interface Row {
  key: string
  owner: string
  fields: Record<string, unknown>
}

export interface AppStory {
  /** Calls an endpoint and keeps what it writes. @returns what the command printed as JSON */
  call(who: string, endpoint: string, request: object, ...flags: string[]): ReturnType<typeof answered>
  /** The same where the program must accept. @returns the keys written, by collection */
  done(who: string, endpoint: string, request: object): Promise<Record<string, string>>
  /** The same where the program must refuse, and nothing may change. @returns the reason */
  refused(who: string, endpoint: string, request: object): Promise<string>
  rows(collection: string): Row[]
  /** Puts a row into the data that no call of the story made. */
  add(collection: string, row: Row): void
  /** The same call by the command itself, as a process. */
  process(who: string, endpoint: string, request: object): Promise<unknown>
}

/** @param name of the sample app */
export function tell(name: string): AppStory {
  const folder = temporaryFolder()
  const source = join(repository, 'resources', 'apps', `${name}.json`)
  const data = join(folder, 'data.json')
  const args = (who: string, endpoint: string, request: object): string[] => [
    'run',
    source,
    endpoint,
    '--request',
    JSON.stringify(request),
    '--caller',
    keyOf(who),
    '--data',
    data,
    '--commit',
    '--json',
  ]
  const call: AppStory['call'] = async (who: string, endpoint: string, request: object, ...flags: string[]) =>
    answered(await golem(folder, ...args(who, endpoint, request), ...flags))
  const stored = (): string => readFileSync(data, 'utf8')
  return {
    call,
    async done(who, endpoint, request) {
      const { ok, value, error } = await call(who, endpoint, request)
      expect([ok, error?.message, value?.response]).toEqual([true, undefined, expect.objectContaining({ accepted: true })])
      return Object.fromEntries(value.writes.map((write: { collection: string; key: string }) => [write.collection, write.key]))
    },
    async refused(who, endpoint, request) {
      const before = stored()
      const { value } = await call(who, endpoint, request)
      expect(value).toMatchObject({ response: { accepted: false }, writes: [] })
      expect(stored()).toBe(before)
      return value.response.reason
    },
    rows: (collection) => JSON.parse(stored()).collections[collection] as Row[],
    add(collection, row) {
      const json = JSON.parse(stored()) as { collections: Record<string, Row[]> }
      json.collections[collection]!.push(row)
      writeFileSync(data, `${JSON.stringify(json, null, 2)}\n`)
    },
    async process(who, endpoint, request) {
      const script = join(repository, 'main', 'hosts', 'cli', 'golem.mjs')
      return JSON.parse((await promisify(execFile)(process.execPath, [script, ...args(who, endpoint, request)])).stdout) as unknown
    },
  }
}
