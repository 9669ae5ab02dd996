/** The printed address as a link on another site's page, such as a chat or an issue in which it was pasted. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, type Page, test } from '@playwright/test'
import { type Fake, startFake } from './view/fake-core.ts'

let fake: Fake
let other: Server
let foreign: string

test.beforeEach(async () => {
  fake = await startFake()
  const clean = `http://127.0.0.1:${fake.page.port}/`
  const links = [
    ['with token', fake.page.url, ''],
    ['in a new tab', fake.page.url, 'target="_blank"'],
    ['without token', clean, ''],
    ['with a wrong token', `${clean}?token=wrong-token-wrong-token`, ''],
  ]
  const html = links.map(([name, url, more]) => `<p><a href="${url}" ${more}>${name}</a></p>`).join('')
  const frame = `<iframe src="${fake.page.url}"></iframe>`
  const script = `<script>const tried = fetch('${clean}api/use.audit', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })</script>`
  other = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(request.url === '/hostile' ? frame + script : html)
  })
  // «localhost» is another site than «127.0.0.1».
  await new Promise<void>((resolve) => other.listen(0, 'localhost', resolve))
  foreign = `http://localhost:${(other.address() as AddressInfo).port}/`
})

test.afterEach(async () => {
  await fake.stop()
  other.closeAllConnections()
  other.close()
})

async function shows(page: Page): Promise<void> {
  await expect(page).toHaveURL(`http://127.0.0.1:${fake.page.port}/`)
  await expect(page.getByText('1,284')).toBeVisible()
  await expect(page.getByText('Connected')).toBeVisible()
}

test('the right address opens, leaves no token in the history, and no trace of the other page', async ({ page }) => {
  await page.goto(foreign)
  await page.getByText('with token', { exact: true }).click()
  await shows(page)
  expect(await page.evaluate('document.referrer')).toBe('')
  await page.goBack()
  await expect(page).toHaveURL(foreign)
  await page.goForward()
  await shows(page)
})

test('it opens in a new tab too, and the clean address opens where the session is known', async ({ page, context }) => {
  await page.goto(foreign)
  const [opened] = await Promise.all([context.waitForEvent('page'), page.getByText('in a new tab').click()])
  await shows(opened)
  await page.getByText('without token').click()
  await shows(page)
})

test('a wrong token, and the clean address in a browser that never had the right one, stay locked', async ({ page }) => {
  for (const name of ['with a wrong token', 'without token']) {
    await page.goto(foreign)
    await page.getByText(name, { exact: true }).click()
    await expect(page.getByRole('heading', { name: 'Open the printed address' })).toBeVisible()
  }
})

test('another page can neither frame it nor call it, even in a browser with the session', async ({ page }) => {
  await page.goto(fake.page.url)
  await shows(page)
  await page.goto(`${foreign}hostile`)
  await page.evaluate('tried.catch(() => undefined)')
  await expect.poll(() => page.frames().length).toBe(2)
  await expect(page.frames()[1]!.getByText('1,284')).toHaveCount(0)
  expect(fake.calls.filter(({ name }) => name === 'use.audit')).toEqual([])
})
