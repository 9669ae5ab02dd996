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

/** Run by the stage `e2e` of `npm test`; the browser is the system's, nothing is downloaded. */
export default defineConfig({
  testDir: '.',
  testMatch: '**/*.{e2e,spec,test}.ts',
  outputDir: '../../test-results/e2e',
  workers: 1,
  retries: 0,
  forbidOnly: Boolean(process.env['CI']),
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    headless: true,
    launchOptions: { executablePath: chromium.path, args: flags },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
})
