/** What comes while the page is open: events, answers that are late, a core that goes away. */
import { expect } from '@playwright/test'
import { fail, ok } from '../../roles/protocol/result.ts'
import { test } from './view/open.ts'
import { hash, posts, request, tick, used } from './view/sample.ts'

test('the countdown runs between two events and follows the next one', async ({ page, open }) => {
  await page.clock.install()
  const { fake } = await open()
  await expect(page.getByText(/3 blocks, about \d+ s/)).toBeVisible()
  await page.clock.pauseAt(Date.now() + 3_600_000)
  fake.show({ apps: used({ tick: { ...tick, number: 41, blocksLeft: 4, estimatedMs: 16_000 } }) })
  await page.clock.runFor(500)
  await expect(page.getByText('4 blocks, about 16 s')).toBeVisible()
  await page.clock.runFor(5_000)
  await expect(page.getByText('4 blocks, about 11 s')).toBeVisible()
  fake.show({ apps: used({ tick: { ...tick, number: 42, blocksLeft: 8, estimatedMs: 32_000 } }) })
  await expect(page.getByRole('region', { name: 'Tick' })).toContainText('42')
  await page.clock.runFor(2_000)
  await expect(page.getByText('8 blocks, about 30 s')).toBeVisible()
})

test('a new root makes the page read again', async ({ page, open }) => {
  const { fake } = await open()
  await expect(page.getByText('Every block is a clock tick')).toBeVisible()
  fake.on['use.read'] = () =>
    ok({ tick: 42, root: hash('42'), proved: true, local: true, rows: [{ ...posts[0]!, $key: hash('cc'), text: 'Arrived with tick 42.' }] })
  fake.show({ apps: used({ tick: { ...tick, number: 42, root: hash('42') } }) })
  await expect(page.getByText('Arrived with tick 42.')).toBeVisible()
  await expect(page.getByText("Proved against tick 42's root")).toBeVisible()
})

test('an answer that was under way while an event came does not bring the old state and log back', async ({ page, open }) => {
  const answers: Array<() => void> = []
  const [waiting, sent] = [request('5', 'review'), request('6', 'signed', { txid: hash('44'), waiting: 'in the mempool' })]
  const { fake } = await open({ requests: [waiting, sent] }, (core) => {
    core.on['use.approve'] = () => fail('wallet.funds', 'The wallet holds 90 sats and 312 are needed.')
  })
  const approve = page.getByRole('button', { name: 'Approve' })
  await expect(approve).toBeEnabled()
  fake.on.overview = () => {
    const older = ok(fake.state)
    return new Promise((resolve) => answers.push(() => resolve(older)))
  }
  await approve.click()
  await expect.poll(() => answers.length).toBe(1)
  fake.move('6', { state: 'anchored', waiting: 'in a block' })
  fake.say({ at: Date.UTC(2026, 0, 5, 12, 1), level: 'info', who: 'Server 2', message: 'spoke meanwhile' })
  await expect(page.getByText('In a block.')).toBeVisible()
  answers[0]!()
  // The page has taken the late answer once the button can be pressed again.
  await expect(approve).toBeEnabled()
  await expect(page.getByText('In a block.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'Log lines' }).getByRole('listitem').first()).toContainText('spoke meanwhile')
})

test('a change that the page did not hear of is found with the next one, and what it missed is shown', async ({ page, open }) => {
  const { fake } = await open({
    requests: [request('5', 'review'), request('6', 'signed', { txid: hash('44'), waiting: 'in the mempool' })],
  })
  await expect(page.getByText('1,284')).toBeVisible()
  const asked = () => fake.calls.filter(({ name }) => name === 'overview').length
  const before = asked()
  fake.show({ chain: { ...fake.state.chain, height: 1_285 } })
  await expect(page.getByText('1,285')).toBeVisible()
  expect(asked()).toBe(before)
  fake.show({ requests: [request('6', 'anchored', { txid: hash('44'), waiting: 'in a block' })] }, true)
  fake.show({ chain: { ...fake.state.chain, height: 1_286 } })
  await expect(page.getByText('1,286')).toBeVisible()
  await expect(page.getByText('In a block.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Approve' })).toBeHidden()
  expect(asked()).toBe(before + 1)
})

test('the log shows what happens as it happens', async ({ page, open }) => {
  const { fake } = await open()
  const log = page.getByRole('region', { name: 'Log lines' })
  await expect(log.getByRole('listitem')).toHaveCount(3)
  fake.say({ at: Date.UTC(2026, 0, 5, 12, 1), level: 'error', who: 'Server 2', message: 'gone' })
  await expect(log.getByRole('listitem').first()).toContainText('Server 2 gone')
  await page.getByLabel('Problems only').check()
  await expect(log.getByRole('listitem')).toHaveCount(2)
})

test('a core that goes away is said at once, blocks what cannot work, and comes back by itself', async ({ page, open }) => {
  const { fake } = await open({ requests: [request('5', 'review')] })
  await expect(page.getByRole('button', { name: 'Approve' })).toBeEnabled()
  await fake.stop()
  await expect(page.getByRole('alert').filter({ hasText: 'Golem does not answer.' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Approve' })).toBeDisabled()
  await expect(page.getByRole('button', { name: 'Send post' })).toBeDisabled()
  fake.state = { ...fake.state, chain: { ...fake.state.chain, height: 1300 } }
  await fake.restart()
  await expect(page.getByText('1,300')).toBeVisible()
  await expect(page.getByText('Golem does not answer.')).toBeHidden()
  await expect(page.getByRole('button', { name: 'Approve' })).toBeEnabled()
})

test('a core started anew with another token asks for its address', async ({ page, open }) => {
  const { fake, problems } = await open()
  await expect(page.getByText('Connected', { exact: true })).toBeVisible()
  await fake.stop()
  await fake.restart('another-token-another-token')
  await expect(page.getByText('This page is out of date.')).toBeVisible()
  problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes('401')))
})
