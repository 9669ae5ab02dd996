/**
 * The browser of the end-to-end tests: $GOLEM_CHROMIUM, Chromium or Chrome on PATH, else Debian's package (as root).
 *
 *   node test/tools/chromium.mjs      prints its path, installing it if need be
 */
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { findTool, prepareTool } from './apt.mjs'

const tool = {
  variable: 'GOLEM_CHROMIUM',
  names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
  debianPackage: 'chromium',
}

/** @returns {{ path: string } | { missing: string }} */
export const findChromium = (env = process.env) => findTool(tool, env)

/** @returns {{ path: string } | { missing: string }} */
export const prepareChromium = (say) => prepareTool(tool, say)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = prepareChromium((line) => process.stderr.write(`${line}\n`))
  process.stdout.write('path' in found ? `${found.path}\n` : '')
  if ('missing' in found) {
    process.stderr.write(`${found.missing}\n`)
    process.exitCode = 1
  }
}
