import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import guestbook from '../../../../resources/apps/guestbook.json' with { type: 'json' }
import { chosenApp } from '../../../../main/hosts/headless/network/app.ts'
import { networkFolder } from '../../../../main/hosts/terminal/place.ts'

const must = <T>(result: { ok: true; value: T } | { ok: false; error: { message: string } }): T => {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

const folder = mkdtempSync(join(tmpdir(), 'golem-own-app-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('npm start -- --app runs a program document under its own name, in a folder for each version', () => {
  writeFileSync(join(folder, 'app.json'), JSON.stringify({ ...guestbook, name: 'mine' }))
  const first = must(chosenApp('app.json', folder))
  expect(first).toMatchObject({
    plan: { title: 'mine', program: { name: 'mine', golem: 1 } },
    folder: expect.stringMatching(/^mine-[0-9a-f]{8}$/),
  })
  writeFileSync(join(folder, 'app.json'), JSON.stringify({ ...guestbook, name: 'mine', doc: 'Another.' }))
  expect(must(chosenApp('app.json', folder)).folder).not.toBe(first.folder)
})

it('npm start -- --app takes a sample app by its name', () => {
  expect(chosenApp('poll')).toMatchObject({ ok: true, value: { plan: { title: 'Poll' } } })
  expect(chosenApp('nothing')).toMatchObject({ ok: false, error: { code: 'settings.app' } })
})

it.each([
  ['nothing.json', null, /^There is no file nothing\.json\.$/],
  ['app.ts', "import { app } from 'golem'", /^app\.ts is a program; name the document that this writes: golem compile app\.ts$/],
  ['other.json', '{"name":"x"}', /no program document/],
  ['wrong.json', '{"golem":1,"name":"x"}', /^wrong\.json is no program that can be run: .*is missing/],
  ['deep.json', `{"golem":1,"name":"x","a":${'['.repeat(9000)}${']'.repeat(9000)}}`, /^deep\.json nests deeper than 1000 levels\.$/],
  ['cut.json', '{"golem":1,', /^cut\.json is not JSON: /],
  ['path.json', '{"golem":1,"name":"../x"}', /no program document/],
])('%s is refused', (name, text, message) => {
  if (text !== null) writeFileSync(join(folder, name), text)
  expect(chosenApp(name, folder)).toMatchObject({ ok: false, error: { code: 'settings.app', message: expect.stringMatching(message) } })
})

it('a folder is taken from where the command was typed, and an empty GOLEM_FOLDER is none', () => {
  const before = { ...process.env }
  try {
    Object.assign(process.env, { INIT_CWD: '/caller', GOLEM_FOLDER: '' })
    expect(networkFolder('data', 'x')).toBe('/caller/data')
    expect(networkFolder(undefined, 'x')).toBe(join(homedir(), '.golem', 'x'))
    process.env['GOLEM_FOLDER'] = '/other'
    expect([networkFolder(undefined, 'x'), networkFolder('/given', 'x')]).toEqual(['/other', '/given'])
  } finally {
    for (const name of ['INIT_CWD', 'GOLEM_FOLDER']) {
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before[name]
    }
  }
})
