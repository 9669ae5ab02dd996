/** The forms of the other sample apps: lists, maps, records and variants are filled in part by part, and arrive as the language takes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { expect, type Page, test } from '@playwright/test'
import { enter } from './enter.ts'
import { appView } from '../../main/core/client/views.ts'
import { check, fromJson, type Program } from '../../roles/program/index.ts'
import { must, ok } from '../../roles/protocol/result.ts'
import { repository } from '../architecture/rules.ts'
import { type Fake, startFake } from './view/fake-core.ts'
import { actors, hash, used } from './view/sample.ts'

const program = (name: string): Program =>
  must(check(JSON.parse(readFileSync(join(repository, 'resources', 'apps', `${name}.json`), 'utf8'))))
/** For a person to look at: GOLEM_PICTURES=<folder>. */
const picture = async (page: Page, name: string): Promise<void> => {
  const folder = process.env['GOLEM_PICTURES']
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true })
}

let fake: Fake
test.afterEach(() => fake.stop())

async function open(page: Page, name: string, rows: Array<Record<string, unknown>>): Promise<void> {
  const outline = program(name)
  const view = appView(hash(name), { title: name, witnesses: 1, spare: 1, versions: 2 }, outline, 6)
  fake = await startFake({
    apps: used({ app: view, actors: [{ ...actors[0]!, freeKeys: Object.fromEntries(view.collections.map((one) => [one.name, 3])) }] }),
  })
  fake.on['use.read'] = ({ collection }) =>
    ok({
      tick: 41,
      root: hash('7d3'),
      proved: true,
      local: false,
      rows: rows.filter((row) => collection === row['of']).map(({ of: _, ...row }) => row),
    })
  fake.on['use.request'] = () => ok({ id: hash('99') })
  await enter(page, fake.page.url)
}

/** What the page sent last, held against the types of the endpoint. */
async function sent(name: string, endpoint: string): Promise<Record<string, unknown>> {
  await expect.poll(() => fake.calls.findLast((call) => call.name === 'use.request')).toMatchObject({ args: { endpoint } })
  const args = (fake.calls.findLast((call) => call.name === 'use.request')!.args as { arguments: Record<string, unknown> }).arguments
  for (const [field, type] of Object.entries(program(name).endpoints[endpoint]!.request))
    expect(fromJson(type, args[field])).toMatchObject({ ok: true })
  return args
}

const choose = (page: Page, endpoint: string) => page.getByRole('radio', { name: endpoint, exact: true }).check({ force: true })

test('a poll is made of a question and a list of options, and a row offers what can be done with it', async ({ page }) => {
  const key = hash('c1')
  const state = {
    tag: 'closed',
    value: {
      result: [
        { option: 'Soup', votes: '3' },
        { option: 'Bread', votes: '1' },
      ],
    },
  }
  await open(page, 'poll', [
    { of: 'polls', $key: key, $owner: actors[0]!.key, question: 'Where do we eat?', options: ['Soup', 'Bread'], state },
  ])
  await choose(page, 'Create')
  await page.getByLabel('Question').fill('And tomorrow?')
  await page.getByLabel('Options 1').fill('Soup')
  await page.getByRole('button', { name: 'Add an item' }).click()
  await page.getByRole('button', { name: 'Send create' }).click()
  await expect(page.getByText('Please fill this in.')).toBeVisible()
  await page.getByLabel('Options 2').fill('Bread')
  await picture(page, 'poll-create')
  await page.getByRole('button', { name: 'Send create' }).click()
  expect(await sent('poll', 'create')).toEqual({ question: 'And tomorrow?', options: ['Soup', 'Bread'] })
  const row = page.getByRole('listitem').filter({ hasText: 'Where do we eat?' })
  await expect(row).toContainText('closed (result option Soup, votes 3; option Bread, votes 1)')
  await row.getByRole('button', { name: 'Close' }).click()
  await page.getByRole('button', { name: 'Send close' }).click()
  expect(await sent('poll', 'close')).toEqual({ poll: key })
})

test('goods are a map, the lines of an order a list of records, a state a variant', async ({ page }) => {
  await open(page, 'marketplace', [])
  await choose(page, 'Sell')
  await page.getByLabel('Title').fill('Tea and more')
  const entry = (at: number) => page.getByRole('group', { name: `Goods ${at}`, exact: true })
  await entry(1).getByLabel('Key').fill('tea')
  await entry(1).getByLabel('Value').fill('0')
  await page.getByRole('button', { name: 'Send sell' }).click()
  await expect(page.getByText('At least 1.')).toBeVisible()
  await entry(1).getByLabel('Value').fill('333')
  await page.getByRole('button', { name: 'Add an entry' }).click()
  await entry(2).getByLabel('Key').fill('cup')
  await entry(2).getByLabel('Value').fill('1250')
  await picture(page, 'marketplace-sell')
  await page.getByRole('button', { name: 'Send sell' }).click()
  const goods = [
    { key: 'cup', value: '1250' },
    { key: 'tea', value: '333' },
  ]
  expect(await sent('marketplace', 'sell')).toEqual({ title: 'Tea and more', goods })
  await choose(page, 'Offer')
  await page.getByRole('textbox', { name: 'Listing' }).fill(hash('11'))
  await page.getByLabel('Address').fill('Grüße')
  const line = page.getByRole('group', { name: 'Lines 1' })
  await line.getByLabel('Good').fill('cup')
  await line.getByLabel('Pieces').fill('2')
  await picture(page, 'marketplace-offer')
  await page.getByRole('button', { name: 'Send offer' }).click()
  expect(await sent('marketplace', 'offer')).toEqual({
    listing: hash('11'),
    address: 'R3LDvMOfZQ==',
    lines: [{ good: 'cup', pieces: '2' }],
  })
  await choose(page, 'Move')
  await page.getByRole('textbox', { name: 'Order' }).fill(hash('22'))
  await page.getByRole('combobox', { name: 'To' }).selectOption('shipped')
  await page.getByLabel('Parcel').fill('P-77')
  await picture(page, 'marketplace-move')
  await page.getByRole('button', { name: 'Send move' }).click()
  expect(await sent('marketplace', 'move')).toEqual({ order: hash('22'), to: { tag: 'shipped', value: { parcel: 'P-77' } } })
  await page.getByRole('combobox', { name: 'To' }).selectOption('received')
  await page.getByRole('textbox', { name: 'Order' }).fill(hash('22'))
  await page.getByRole('button', { name: 'Send move' }).click()
  await expect.poll(async () => (await sent('marketplace', 'move'))['to']).toEqual({ tag: 'received', value: {} })
})
