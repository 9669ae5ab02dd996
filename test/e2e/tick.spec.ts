/** What the page says of the chain, the tick and the app's state. */
import { expect } from '@playwright/test'
import { ok } from '../../roles/protocol/result.ts'
import { test } from './view/open.ts'
import { engagements, hash, tick as running, used } from './view/sample.ts'

test('the address loses its token, and shows chain, tick and engagements with units', async ({ page, open }) => {
  const { fake } = await open()
  await expect(page).toHaveURL(`http://127.0.0.1:${fake.page.port}/`)
  await expect(page.getByText('1,284')).toBeVisible()
  // The countdown runs on while the page is looked at.
  await expect(page.getByText(/3 blocks, (about \d+ s|any moment now)/)).toBeVisible()
  await expect(page.getByRole('progressbar', { name: 'Blocks of this tick' })).toHaveAttribute('aria-valuetext', '5 of 8 blocks')
  await expect(page.getByRole('listitem').filter({ hasText: 'Server 3' })).toContainText('serving')
  await expect(page.getByText('11,193 sats')).toBeVisible()
  await expect(page.getByText('8 of 9 engagements online')).toBeVisible()
  expect(await page.evaluate('document.cookie')).toBe('')
})

test('before the app is published the page says what it waits for', async ({ page, open }) => {
  const { fake } = await open({ apps: [], engagements: [] })
  await expect(page.getByRole('heading', { name: 'Starting the network' })).toBeVisible()
  await expect(page.getByText('No tick yet.')).toBeVisible()
  fake.show({ apps: used({ tick: null }), engagements })
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
})

test('before the first tick the page says what is waited for: servers, then the tick itself', async ({ page, open }) => {
  const tick = { ...running, number: 0, root: '', servers: 2, blocksLeft: 0, estimatedMs: 0 }
  const { fake } = await open({ apps: used({ tick: { ...tick, state: 'waiting for servers' } }) })
  const strip = page.getByRole('region', { name: 'Tick' })
  await expect(strip).toContainText('State waiting for servers')
  fake.show({ apps: used({ tick: { ...tick, servers: 3, state: 'beginning', blocksLeft: 6, estimatedMs: 3_600_000 } }) })
  await expect(strip).toContainText('First tick in 6 blocks')
  fake.show({ apps: used({ tick: { ...tick, servers: 3, state: 'beginning' } }) })
  await expect(strip).toContainText('First tick in a moment: it is due and being made')
})

test('[D4] what stops an app, or keeps it waiting, is said in plain words with what to do', async ({ page, open }) => {
  const { fake } = await open()
  const show = (change: Partial<typeof running> = {}): void => fake.show({ apps: used({ tick: { ...running, ...change } }) })
  const lied =
    "The Supervisor's key signed two different documents of tick 41: it lies, or is in wrong hands. Write nothing until its Supervisor has ended it."
  show({ stopped: { halts: true, message: lied } })
  await expect(page.getByRole('alert').filter({ hasText: 'This app is stopped.' })).toContainText('signed two different documents')
  show({ stopped: { halts: false, message: 'Tick 42 is in a block, and nobody delivers its document.' } })
  await expect(page.getByRole('alert').filter({ hasText: 'This app waits.' })).toContainText('nobody delivers')
  show()
  await expect(page.getByText(/This app (waits|is stopped)/)).toHaveCount(0)
  fake.on['use.audit'] = () =>
    ok({ ok: false, ms: 10, stopped: lied, ticks: [{ number: 41, expected: hash('1'), computed: hash('1'), equal: true }] })
  await page.getByRole('button', { name: 'Audit now' }).click()
  await expect(page.getByText('it lies, or is in wrong hands').last()).toBeVisible()
})
