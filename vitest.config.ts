import { defineConfig } from 'vitest/config'

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
      project('unit', ['test/**/*.test.ts'], 30_000, ['test/conformance/**', 'test/scenario/**']),
      project('conformance', ['test/conformance/**/*.test.ts'], 60_000),
      project('scenario', ['test/scenario/**/*.test.ts'], 180_000),
    ],
  },
})
