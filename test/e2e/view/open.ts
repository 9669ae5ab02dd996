import type { Page } from '@playwright/test'
import { enter } from '../enter.ts'
import { type Fake, startFake } from './fake-core.ts'

/** What the core is to say, and what else is prepared before the page asks. */
export type Told = [state?: Parameters<typeof startFake>[0], prepare?: (fake: Fake) => void]

/** Every page of these tests has to run without a complaint of the browser: no blocked source, no error of a script. */
export async function openPage(page: Page, ...[state = {}, prepare]: Told): Promise<{ fake: Fake; problems: string[] }> {
  const fake = await startFake(state)
  prepare?.(fake)
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && !message.text().includes('ERR_') && problems.push(message.text()))
  page.on('request', (sent) => !sent.url().startsWith('http://127.0.0.1:') && problems.push(`went to ${sent.url()}`))
  await enter(page, fake.page.url)
  return { fake, problems }
}
