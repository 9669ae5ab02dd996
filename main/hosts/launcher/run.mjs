/**
 * The door to every npm script: `node main/hosts/launcher/run.mjs <command> [arguments]`.
 *
 * It needs nothing but Node 20 and npm: it installs what is missing, then runs the command's program with the Node 24 that
 * the npm package `node` brings. Exit codes and signals pass through unchanged.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { installMissing, projectNode } from './install.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Program (relative to the repository) and leading arguments of each command. */
const commands = {
  start: ['main/hosts/launcher/start.ts'],
  headless: ['main/hosts/headless/index.ts'],
  demo: ['main/hosts/headless/demo.ts'],
  audit: ['main/hosts/headless/audit.ts'],
  build: ['main/hosts/launcher/build.ts'],
  test: ['test/tools/run.ts'],
  bench: ['test/tools/bench.ts'],
  package: ['node_modules/electron-builder/cli.js', '--publish', 'never'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write'],
}

function usage() {
  return `usage: node main/hosts/launcher/run.mjs <command> [arguments]\n  commands: ${Object.keys(commands).join(', ')}, install, or the path of a program in this repository\n`
}

/** @returns {string[] | undefined} program and leading arguments; a path of a file stands for itself */
function programOf(command) {
  if (Object.hasOwn(commands, command)) return commands[command]
  return existsSync(join(root, command)) ? [command] : undefined
}

/**
 * Forwards what asks this process to stop. Ctrl-C on a terminal reaches the whole process group by itself, so SIGINT is only
 * forwarded where there is no terminal; otherwise the program would see it twice and take it for an impatient second one.
 */
function forwardSignals(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal)
    })
  }
}

/** An npm that was killed forwards nothing: what it started must end all the same, or it would be left running unseen. */
function endWithParent(child) {
  const parent = process.ppid
  const look = () => {
    if (process.ppid !== parent) child.kill('SIGTERM')
  }
  if (process.env['npm_lifecycle_event'] !== undefined) setInterval(look, 1000).unref()
}

function run(node, args) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: root, stdio: 'inherit', env: { ...process.env, GOLEM_NODE: node } })
    forwardSignals(child)
    endWithParent(child)
    child.on('error', (error) => {
      process.stderr.write(`golem: ${node} could not be started: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

async function main([command, ...args]) {
  if (command === undefined) {
    process.stderr.write(usage())
    return 2
  }
  const program = command === 'install' ? [] : programOf(command)
  if (program === undefined) {
    process.stderr.write(`golem: there is no command or program «${command}».\n${usage()}`)
    return 2
  }
  const installed = await installMissing(root)
  if (!installed.ok) {
    process.stderr.write(`golem: ${installed.message}\n`)
    return 1
  }
  if (program.length === 0) return 0
  return run(projectNode(root), [...program, ...args])
}

process.exitCode = await main(process.argv.slice(2))
