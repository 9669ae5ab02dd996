import { expect, test as base, type Page } from '@playwright/test'
import { enter } from '../enter.ts'
import { type Fake, startFake } from './fake-core.ts'

/** What the core is to say, and what else is prepared before the page asks. */
export type Told = [state?: Parameters<typeof startFake>[0], prepare?: (fake: Fake) => void]

export interface Opened {
  /** The core behind the page. */
  fake: Fake
  /** Complaints of the browser so far: a blocked source, an error of a script. A test takes out of it what it is about. */
  problems: string[]
}

/** Every page of these tests has to run without a complaint of the browser. */
async function openPage(page: Page, ...[state = {}, prepare]: Told): Promise<Opened> {
  const fake = await startFake(state)
  prepare?.(fake)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && !message.text().includes('ERR_') && problems.push(message.text()))
  page.on('request', (sent) => !sent.url().startsWith('http://127.0.0.1:') && problems.push(`went to ${sent.url()}`))
  await enter(page, fake.page.url)
  return { fake, problems }
}

/** A test of the page before a core that says what the test wants: `open` opens it, once. */
export const test = base.extend<{ open: (...told: Told) => Promise<Opened> }>({
  timezoneId: 'UTC',
  locale: 'en-GB',
  open: async ({ page }, use) => {
    let opened: Opened | undefined
    await use(async (...told) => (opened = await openPage(page, ...told)))
    await opened?.fake.stop().catch(() => undefined)
    expect(opened?.problems ?? []).toEqual([])
  },
})
