#!/usr/bin/env node
/**
 * The `golem` command: needs nothing but Node 20, starts the project's own Node 24 and installs what is missing, like the npm scripts.
 * Paths are the caller's, so it runs in the caller's folder, which npm (`npm run golem -- …`) hides in INIT_CWD.
 */
import { join } from 'node:path'
import process from 'node:process'
import { enter, root } from '../launcher/door.mjs'

const throughNpm = process.env['npm_lifecycle_event'] === 'golem' && process.env['npm_package_json'] === join(root, 'package.json')
const cwd = (throughNpm ? process.env['INIT_CWD'] : undefined) ?? process.cwd()

// Only results go to stdout: programs read it.
process.exitCode = await enter({
  program: [join(root, 'main', 'hosts', 'cli', 'main.ts')],
  args: process.argv.slice(2),
  cwd,
  report: 'stderr',
  // A node runs for long, so no door stays in memory beside it.
  stays: process.argv[2] === 'node',
})
