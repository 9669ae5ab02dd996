import { defineConfig } from '@playwright/test'
import { findChromium } from '../tools/chromium.mjs'

const chromium = findChromium()
if ('missing' in chromium) throw new Error(`The end-to-end tests need Chromium: ${chromium.missing}`)

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
]

/**
 * A page of these tests waits for nothing but itself, in milliseconds; these limits end what hangs, and are no measure of speed. What takes blocks
 * and ticks is waited for as long as it moves (patience.ts).
 */
const [SHOWN_MS, HANGS_MS] = [180_000, 3_600_000]

/** Run by the stage `e2e` of `npm test`; the browser is the system's, nothing is downloaded. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.{e2e,spec,test}.ts',
  outputDir: '../../test-results/e2e',
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: HANGS_MS,
  expect: { timeout: SHOWN_MS },
  use: {
    headless: true,
    actionTimeout: SHOWN_MS,
    launchOptions: { executablePath: chromium.path, args: flags, timeout: SHOWN_MS },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
