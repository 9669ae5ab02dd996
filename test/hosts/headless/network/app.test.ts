import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import guestbook from '../../../../resources/apps/guestbook.json' with { type: 'json' }
import { chosenApp } from '../../../../main/hosts/headless/network/app.ts'

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
  ['app.ts', "import { app } from 'golem'", /app\.ts is no program document; write one with: golem compile/],
  ['other.json', '{"name":"x"}', /no program document/],
  ['path.json', '{"golem":1,"name":"../x"}', /no program document/],
])('%s is refused', (name, text, message) => {
  if (text !== null) writeFileSync(join(folder, name), text)
  expect(chosenApp(name, folder)).toMatchObject({ ok: false, error: { code: 'settings.app', message: expect.stringMatching(message) } })
})
