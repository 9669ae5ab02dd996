/** What a person reads of an audit. */
import { expect } from '@playwright/test'
import { ok } from '../../roles/protocol/result.ts'
import { test } from './view/open.ts'
import { hash } from './view/sample.ts'

test('the audit shows the roots of every tick, and a difference cannot be missed', async ({ page, open }) => {
  const { fake } = await open()
  await page.getByRole('button', { name: 'Audit now' }).click()
  await expect(page.getByText('All 4 roots are equal.')).toBeVisible()
  await expect(page.getByRole('row')).toHaveCount(5)
  fake.on['use.audit'] = () => ok({ ok: false, ms: 10, ticks: [{ number: 41, expected: hash('1'), computed: hash('2'), equal: false }] })
  await page.getByRole('button', { name: 'Audit again' }).click()
  await expect(page.getByText('The roots differ: do not trust this index.')).toBeVisible()
  await expect(page.getByRole('row', { name: /41/ })).toContainText('differs')
})

test('the audit says which other rules a Supervisor broke, though every root is equal', async ({ page, open }) => {
  const { fake } = await open()
  const lie = `The tick lists the server ${hash('9')}, of which no acceptance counts.`
  fake.on['use.audit'] = () =>
    ok({ ok: false, ms: 10, ticks: [{ number: 41, expected: hash('1'), computed: hash('1'), equal: true, problems: [lie] }] })
  await page.getByRole('button', { name: 'Audit now' }).click()
  await expect(page.getByText('Every root is equal, and the Supervisor broke other rules')).toBeVisible()
  await expect(page.getByRole('listitem').filter({ hasText: 'of which no acceptance counts' })).toBeVisible()
})
