/** The command in this process, with what it would print; and programs to try it on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { runCli } from '../../../main/hosts/cli/main.ts'
import { nobody } from './nobody.ts'
import { repository } from '../../architecture/rules.ts'

export interface Ended {
  code: number
  out: string
  err: string
}

export { nobody } from './nobody.ts'

export async function golem(cwd: string, ...args: string[]): Promise<Ended> {
  let [out, err] = ['', '']
  const code = await runCli(args, { ...nobody, cwd, out: (text) => void (out += text), err: (text) => void (err += text) })
  return { code, out, err }
}

/** The JSON object that a command prints with --json. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test says by what it expects what is there
export const answered = (ended: Ended): any => JSON.parse(ended.out)

export const guestbookSource = join(repository, 'resources', 'apps', 'guestbook.ts')
export const guestbookDocument = join(repository, 'resources', 'apps', 'guestbook.json')

const folders: string[] = []
// Here and not where a folder is made: a test that runs cannot ask for what comes after all of them.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder of its own, removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'golem-cli-'))
  folders.push(folder)
  return folder
}

const IMPORTS =
  "import { app, bool, collection, count, endpoint, int, key, list, map, option, order, record, see, text, variant, when } from 'golem'"

/**
 * Writes a program with one endpoint, `go`, over one collection, `posts`.
 * @param body from line 8
 * @param before line 2
 */
export function writeProgram(folder: string, name: string, body: string, before = ''): string {
  const text = `${IMPORTS}
${before}
export default app({
  name: 'small', doc: 'A small program.',
  collections: { posts: collection({ doc: 'Posts.', fields: { topic: text(10), n: int() }, indices: { byTopic: order('topic') } }) },
  endpoints: (db) => ({ go: endpoint({ doc: 'Goes.', request: { topic: text(10), n: int() }, run: (request, { caller }) => {
  void [bool, count, key, list, map, option, record, variant, when, see, caller, db]
${body}
  } }) }),
})
`
  writeFileSync(join(folder, name), text)
  return name
}
