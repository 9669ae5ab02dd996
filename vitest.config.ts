import { defineConfig } from 'vitest/config'

/**
 * Tests wait for progress (main/hosts/headless/network/patience.ts), never for seconds. These limits end what hangs where nothing watches: the
 * slowest test of each stage takes less than a tenth of its limit on a quiet machine, and what hangs ends before the machine that runs all of them gives up.
 */
const [UNIT_MS, STORY_MS] = [1_200_000, 2_400_000]

/** One project per stage of `npm test`; see CONTRIBUTING.md. The browser's tests in test/e2e are Playwright's. */
const project = (name: string, include: string[], timeouts: number, exclude: string[] = []) => ({
  extends: true as const,
  test: { name, include, exclude: ['test/e2e/**', '**/node_modules/**', ...exclude], testTimeout: timeouts, hookTimeout: timeouts },
})

export default defineConfig({
  publicDir: false,
  test: {
    environment: 'node',
    setupFiles: ['test/tools/run-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    teardownTimeout: 10_000,
    projects: [
      project('unit', ['test/**/*.test.ts'], UNIT_MS, ['test/conformance/**', 'test/scenario/**']),
      project('conformance', ['test/conformance/**/*.test.ts'], UNIT_MS),
      project('scenario', ['test/scenario/**/*.test.ts'], STORY_MS),
    ],
  },
})
