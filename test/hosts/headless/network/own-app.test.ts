import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import guestbook from '../../../../resources/apps/guestbook.json' with { type: 'json' }
import { ownApp } from '../../../../main/hosts/headless/network/own-app.ts'

const folder = mkdtempSync(join(tmpdir(), 'golem-own-app-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('npm start -- --app runs a program document under its own name, in a folder for each version', () => {
  writeFileSync(join(folder, 'app.json'), JSON.stringify({ ...guestbook, name: 'mine' }))
  const first = ownApp('app.json', folder)
  expect(first).toMatchObject({ plan: { title: 'mine', program: { name: 'mine', golem: 1 } }, folder: expect.stringMatching(/^mine-[0-9a-f]{8}$/) })
  writeFileSync(join(folder, 'app.json'), JSON.stringify({ ...guestbook, name: 'mine', doc: 'Another.' }))
  expect(ownApp('app.json', folder).folder).not.toBe(first.folder)
})

it.each([
  ['nothing.json', null, /^There is no file nothing\.json\.$/],
  ['app.ts', "import { app } from 'golem'", /app\.ts is no program document; write one with: golem compile/],
  ['other.json', '{"name":"x"}', /no program document/],
  ['path.json', '{"golem":1,"name":"../x"}', /no program document/],
])('%s is refused', (name, text, message) => {
  if (text !== null) writeFileSync(join(folder, name), text)
  expect(() => ownApp(name, folder)).toThrow(message)
})
