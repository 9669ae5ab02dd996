/** The real sandbox behind the page, as `npm start` shows it: nothing is faked here. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, type Page, test } from '@playwright/test'
import { enter } from './enter.ts'
import { buildHost, buildRenderer } from '../../main/hosts/launcher/build.ts'
import { hostFolder, hostIsStale, rendererIsStale } from '../../main/hosts/launcher/places.ts'
import { canBePressed, eventually, says } from './patience.ts'

let host: ChildProcess
let folder: string
let address: string
let said = ''

/** The address is printed as soon as the page can be opened; the network starts behind it. */
function printedAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      said += `${line}\n`
      const found = /^golem: page at (http:\/\/127\.0\.0\.1:\d+\/\S*)$/.exec(line)
      if (found) resolve(found[1]!)
    })
    child.stderr!.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)))
    child.once('exit', (code) => reject(new Error(`the headless host ended with ${code} before it printed its address:\n${said}`)))
  })
}

test.describe.configure({ mode: 'serial' })

test.beforeAll(async () => {
  if (rendererIsStale()) await buildRenderer()
  if (hostIsStale()) await buildHost()
  folder = mkdtempSync(join(tmpdir(), 'golem-e2e-'))
  // As npm start runs it.
  host = spawn(process.execPath, [join(hostFolder, 'index.js')], {
    env: { ...process.env, GOLEM_NO_BROWSER: '1', GOLEM_FOLDER: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  address = await printedAddress(host)
})

test.afterAll(async () => {
  const ended = host.exitCode === null && host.signalCode === null ? once(host, 'exit') : Promise.resolve([host.exitCode])
  host.kill('SIGTERM')
  const [code] = (await ended) as [number | null]
  rmSync(folder, { recursive: true, force: true })
  expect(code, said).toBe(0)
})

test.afterEach(async ({ page }, info) => {
  if (info.status !== info.expectedStatus) await info.attach('host', { body: said, contentType: 'text/plain' })
  await page.close()
})

/** Pictures for a person to look at, in the folder that GOLEM_SHOTS names. */
async function shot(page: Page, name: string): Promise<void> {
  const shots = process.env['GOLEM_SHOTS']
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

const request = (page: Page, text: string) => page.getByRole('article').filter({ hasText: text })
const posts = (page: Page) => page.getByRole('region', { name: 'Posts' })

const until = (page: Page, what: string, look: () => Promise<boolean>): Promise<void> => eventually(page, what, look, () => said)

async function openApp(page: Page): Promise<void> {
  await enter(page, address)
  await until(page, 'the app to take posts', () => canBePressed(page.getByRole('button', { name: 'Send post' })))
}

async function sendPost(page: Page, topic: string, text: string): Promise<void> {
  await page.getByLabel('Topic', { exact: true }).fill(topic)
  await page.getByLabel('Text', { exact: true }).fill(text)
  await page.getByRole('button', { name: 'Send post' }).click()
}

const engagements = (page: Page) => page.getByRole('region', { name: 'Engagements' })
const heightOn = async (page: Page): Promise<number> =>
  Number(/Chain tip\D*([\d,]+)/.exec((await page.locator('header').first().textContent()) ?? '')?.[1]?.replaceAll(',', ''))

test("the page begins with the person's own node, which uses the app by itself, and shows every other node on its own", async ({
  page,
}) => {
  await openApp(page)
  await expect(page).toHaveURL(/:\d+\/$/)
  await expect(page.getByText('Sandbox: play money, on this computer only')).toBeVisible()
  await expect(page.getByText('Chain tip')).toBeVisible()
  await expect(page.getByRole('progressbar', { name: 'Blocks of this tick' })).toBeVisible()
  const picker = page.getByRole('combobox', { name: /^Node/ })
  await expect(picker.locator('option')).toHaveText(['you', 'bob', 'supervisor', ...[1, 2, 3, 4, 5, 6].map((n) => `server-${n}`)])
  await shot(page, '1-open')
  for (const [node, heading] of [
    ['you', 'Apps used'],
    ['supervisor', 'Supervised apps'],
    ['server-6', 'Jobs'],
    ['bob', 'Apps used'],
  ] as const) {
    await picker.selectOption(node)
    await expect(engagements(page).getByRole('heading', { name: heading, exact: true })).toBeVisible()
    await expect(engagements(page).getByRole('listitem')).toHaveCount(1)
    await expect(engagements(page).getByRole('listitem')).toContainText(node)
  }
})

test('time stands still when it is told to, and goes on by one block at a press', async ({ page }) => {
  await openApp(page)
  const time = page.getByRole('region', { name: 'Time of the sandbox' })
  await time.getByLabel('Time').selectOption('Time stands still')
  const next = time.getByRole('button', { name: 'Next block' })
  await until(page, 'the choice to be taken', () => canBePressed(next))
  await shot(page, '1-still')
  const press = async (): Promise<number> => {
    const before = await heightOn(page)
    await next.click()
    await until(page, 'the next block', async () => (await heightOn(page)) > before && (await canBePressed(next)))
    return heightOn(page)
  }
  // A block may have been under way when time stopped; from the first press on there are none but these.
  const first = await press()
  for (let pressed = 1; pressed <= 3; pressed++) expect(await press()).toBe(first + pressed)
  await time.getByLabel('Time').selectOption('A block every 2 seconds')
  await until(page, 'time to go on', async () => (await heightOn(page)) > first + 5)
})

test('an approved post is in the index after the tick, with a proof; a refused one is not', async ({ page }) => {
  await openApp(page)
  const kept = `kept ${Date.now()}`
  const dropped = `dropped ${Date.now()}`

  await sendPost(page, 'golem', dropped)
  const refuse = request(page, dropped).getByRole('button', { name: 'Refuse' })
  await until(page, 'the answer to the first post', () => canBePressed(refuse))
  await refuse.click()
  await expect(request(page, dropped)).toContainText('Refused by you')

  await sendPost(page, 'golem', kept)
  const mine = request(page, kept)
  await until(page, 'the answer to the second post', () => canBePressed(mine.getByRole('button', { name: /^Approve/ })))
  await shot(page, '2-review')
  await expect(mine).toContainText('comes from your text')
  await expect(mine).toContainText('saw structure only')
  await expect(mine).toContainText(/fee of [\d,]+ sats/)
  await mine.getByRole('button', { name: 'Approve', exact: true }).click()
  await until(page, 'a block with the post', () => says(mine, /In a block|In the index/))
  await shot(page, '3-published')
  await until(page, 'the tick that counts the post', () => says(mine, 'In the index'))
  await until(page, 'the post in what is read', () => says(posts(page), kept))
  await expect(posts(page)).toContainText(/Proved against tick \d+'s root/)
  await expect(posts(page)).not.toContainText(dropped)
  await shot(page, '4-counted')
})

test('a text against the rule is not written, and the reason is shown', async ({ page }) => {
  await openApp(page)
  await sendPost(page, 'golem', 'the best casino in town')
  const mine = request(page, 'the best casino in town')
  await until(page, 'the answer of the rule', () => says(mine, 'The text contains a word that is not allowed here.'))
  await expect(mine.getByRole('button', { name: /^Approve/ })).toHaveCount(0)
  await shot(page, '5-against-the-rule')
})

test('the audit rebuilds every root', async ({ page }) => {
  await openApp(page)
  await page.getByRole('button', { name: 'Audit now' }).click()
  await until(page, 'the audit', () => says(page.locator('body'), /(All .* are|The one root is) equal\./))
  await shot(page, '6-audited')
})
