/** Several nodes behind one address, what is said of one before it shows an app, and several apps of one node. */
import { expect } from '@playwright/test'
import type { NodeView } from '../../main/contract/index.ts'
import { ok } from '../../roles/protocol/result.ts'
import { type Fake, startFake } from './view/fake-core.ts'
import { test } from './view/open.ts'
import { actors, app, engagements, hash, offers, posts, tick, used } from './view/sample.ts'

const node = (change: Partial<NodeView>): NodeView => ({
  name: 'Harbour',
  network: 'regtest',
  wallet: 'open',
  balance: 9_731,
  problems: [],
  ...change,
})

/** A server's node: it hosts the guestbook, and uses nothing. */
let harbour: Fake
test.beforeEach(async () => {
  const job = { ...engagements.find(({ role }) => role === 'server')!, name: 'Harbour' }
  harbour = await startFake({ node: node({}), apps: [], engagements: [job], chain: { ...harbourChain } })
})
test.afterEach(() => harbour.stop())
const harbourChain = { network: 'regtest', backend: 'embedded', height: 77, hash: hash('77'), available: true } as const
const beside = (core: Fake) => core.nodes.push({ id: 'harbour/1', name: 'Harbour', core: harbour.nodes[0]!.core })

test('one node alone is not to be chosen', async ({ page, open }) => {
  const { fake } = await open()
  await expect(page.getByText('Guestbook').first()).toBeVisible()
  await expect(page.getByLabel('Node')).toHaveCount(0)
  // One that comes later can be.
  beside(fake)
  fake.show({ chain: { ...fake.state.chain, height: 1_285 } })
  await expect(page.getByLabel('Node')).toHaveValue('local-network')
})

test('everything on the page is of the node that is chosen, with the keyboard too, and the address remembers it', async ({
  page,
  open,
}) => {
  const { fake } = await open({}, beside)
  await page.getByLabel('Text').fill('half a sentence')
  const picker = page.getByLabel('Node')
  await picker.focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/#node=harbour%2F1$/)
  await expect(page.getByRole('heading', { name: 'No app is used here' })).toBeVisible()
  await expect(page.getByText('7777', { exact: false }).first()).toBeVisible()
  const list = page.getByRole('region', { name: 'Engagements' }).getByRole('listitem')
  await expect(list).toHaveCount(1)
  await expect(list).toContainText('Harbour Guestbook serving')
  await expect(page.getByRole('region', { name: 'Engagements' })).toContainText('1 of 1 engagement online, 9,731 sats in the wallet')
  await expect(picker).toBeFocused()

  // Events of the other node do not come here, and its own do.
  fake.say({ at: Date.UTC(2026, 0, 5, 13), level: 'info', who: 'elsewhere', message: 'said on another node' })
  harbour.say({ at: Date.UTC(2026, 0, 5, 13), level: 'info', who: 'Harbour', message: 'said here' })
  const log = page.getByRole('region', { name: 'Log lines' })
  await expect(log).toContainText('said here')
  await expect(log).not.toContainText('said on another node')
  // Commands go there alone.
  const before = fake.calls.length
  harbour.on['host.offers'] = () => ok(offers)
  harbour.show({ chain: { ...harbourChain, height: 78 } })
  await page.getByRole('button', { name: 'Decline' }).click()
  await expect.poll(() => harbour.calls.some(({ name }) => name === 'host.decline')).toBe(true)
  expect(fake.calls.length).toBe(before)
  // What only an app has is not shown.
  await expect(page.getByText('No tick yet.')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Audit now' })).toHaveCount(0)

  await page.reload()
  await expect(page.getByRole('heading', { name: 'No app is used here' })).toBeVisible()
  await page.goBack()
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  await expect(page.getByLabel('Text')).toHaveValue('')
  await expect(picker).toHaveValue('local-network')
})

test('an answer of the node that was looked at before is not shown as that of this one', async ({ page, open }) => {
  const answers: Array<() => void> = []
  const { fake } = await open({}, beside)
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  fake.on.overview = () => new Promise((resolve) => answers.push(() => resolve(ok(fake.state))))
  fake.on['use.approve'] = () => ok({ txid: hash('44') })
  harbour.on.overview = () => new Promise((resolve) => answers.push(() => resolve(ok(harbour.state))))
  await page.getByLabel('Node').selectOption('Harbour')
  await expect.poll(() => answers.length).toBe(1)
  await page.getByLabel('Node').selectOption('Local network')
  await expect.poll(() => answers.length).toBe(2)
  answers[0]!()
  await page.getByText('Connecting to Golem on this computer').waitFor()
  answers[1]!()
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  await expect(page.getByText('1,284')).toBeVisible()
})

test('a remembered node that is gone gives way to the first one', async ({ page, open }) => {
  const { fake, problems } = await open({}, beside)
  await page.getByLabel('Node').selectOption('Harbour')
  await expect(page.getByRole('heading', { name: 'No app is used here' })).toBeVisible()
  fake.nodes.pop()
  harbour.show({ chain: { ...harbourChain, height: 78 } })
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  await expect(page).toHaveURL(`http://127.0.0.1:${fake.page.port}/`)
  // What was asked of it meanwhile was refused.
  expect(problems.filter((one) => !one.includes('404 (Not Found)'))).toEqual([])
  problems.length = 0
})

test('a sandbox says that its money is none, and other networks do not', async ({ page, open }) => {
  const { fake } = await open({ node: node({ network: 'sandbox' }) })
  await expect(page.getByText('Sandbox: play money, on this computer only')).toBeVisible()
  fake.show({ node: node({ network: 'signet' }) })
  await expect(page.getByText('Sandbox: play money')).toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Time of the sandbox' })).toHaveCount(0)
})

test('what a person has to see to is said until it is seen to', async ({ page, open }) => {
  const full = 'The disk with /home/ann/.golem is full (ENOSPC): what was to be written is not. Make room; it goes on by itself.'
  const { fake } = await open({ node: node({ problems: [full, 'There is no setting host.job: it is left alone.'] }) })
  const said = page.getByRole('alert').filter({ hasText: 'Make room' })
  await expect(said.getByRole('paragraph')).toHaveText([full, 'There is no setting host.job: it is left alone.'])
  fake.show({ node: node({}) })
  await expect(said).toHaveCount(0)
})

test('the time of a sandbox is shown and changed beside its nodes, and who takes no part is named', async ({ page, open }) => {
  const why = 'The database is damaged. The others go on.'
  const { fake } = await open({ node: node({ network: 'sandbox' }) }, ({ sandbox }) => {
    sandbox.view = { state: 'running', blockMs: 300, out: [{ name: 'server-2', why }] }
  })
  const time = page.getByRole('region', { name: 'Time of the sandbox' })
  await expect(time.getByLabel('Time').locator('option:checked')).toHaveText('A block every 0.3 seconds')
  await expect(page.getByText(`server-2 takes no part. ${why}`)).toBeVisible()
  await time.getByLabel('Time').selectOption('Time stands still')
  await time.getByRole('button', { name: 'Next block' }).click()
  await expect
    .poll(() => fake.sandbox.asked.filter(([name]) => name !== 'sandbox.status'))
    .toEqual([
      ['sandbox.pace', { blockMs: 0 }],
      ['sandbox.mine', { blocks: 1 }],
    ])
  await expect(time.getByLabel('Time').locator('option:checked')).toHaveText('Time stands still')
})

test('no node answers for the time of a network with strangers: nothing is asked', async ({ page, open }) => {
  const { fake } = await open({ node: node({ network: 'signet' }) })
  await expect(page.getByText('Guestbook').first()).toBeVisible()
  expect(fake.sandbox.asked).toEqual([])
})

for (const [wallet, sentence] of [
  ['none', 'Type golem wallet create in a terminal to make one.'],
  ['unconfirmed', 'Type golem wallet create in a terminal again to see its words and give those back that are asked for.'],
  ['locked', 'Type golem wallet unlock in a terminal to go on.'],
] as const) {
  test(`a node whose wallet is ${wallet} says what to type`, async ({ page, open }) => {
    const { fake } = await open({ node: node({ wallet }), apps: [], engagements: [] })
    await expect(page.getByText(sentence)).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Starting the network' })).toHaveCount(0)
    fake.show({ node: node({ wallet: 'open' }), apps: used(), engagements })
    await expect(page.getByText(sentence)).toHaveCount(0)
    await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  })
}

test('a node that uses two apps shows the one that is chosen, with its own tick, rows and audit', async ({ page, open }) => {
  const poll = { ...app, id: hash('b0'), title: 'Poll' }
  const other = {
    id: 'client-9',
    app: poll,
    tick: { ...tick, number: 7, root: hash('77') },
    actor: { ...actors[0]!, id: 'client-9', key: hash('9c') },
  }
  const { fake } = await open({ apps: [...used({ actors: [actors[0]!] }), other] })
  const strip = page.getByRole('region', { name: 'Tick' })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Guestbook')
  await expect(strip).toContainText('41')
  fake.on['use.read'] = () => ok({ tick: 7, root: hash('77'), proved: true, local: true, rows: [{ ...posts[0]!, text: 'Of the poll.' }] })
  await page.getByRole('radio', { name: 'Ada in Poll' }).check({ force: true })
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Poll')
  await expect(strip).not.toContainText('41')
  await expect(page.getByText('Of the poll.')).toBeVisible()
  await page.getByRole('button', { name: 'Audit now' }).click()
  await expect.poll(() => fake.calls.findLast(({ name }) => name === 'use.audit')?.args).toEqual({ app: 'client-9' })
})
