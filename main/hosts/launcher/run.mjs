/**
 * The door to every npm script: `node main/hosts/launcher/run.mjs <command> [arguments]`.
 *
 * It needs nothing but Node 20 and npm: it installs what is missing, then runs the command's program with the Node 24 that
 * the npm package `node` brings. Exit codes and signals pass through unchanged.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { enter, root } from './door.mjs'

/** Program (relative to the repository) and leading arguments of each command. */
const commands = {
  start: ['main/hosts/launcher/start.ts'],
  headless: ['main/hosts/launcher/headless.ts'],
  demo: ['main/hosts/headless/demo.ts'],
  audit: ['main/hosts/headless/audit.ts'],
  wallet: ['main/hosts/headless/wallet.ts'],
  build: ['main/hosts/launcher/build.ts'],
  test: ['test/tools/run.ts'],
  bench: ['test/tools/bench.ts'],
  package: ['node_modules/electron-builder/cli.js', '--publish', 'never'],
  format: ['node_modules/prettier/bin/prettier.cjs', '--write'],
}

function usage() {
  return `usage: node main/hosts/launcher/run.mjs <command> [arguments]\n  commands: ${Object.keys(commands).join(', ')}, install, or the path of a program in this repository\n  <command> --help explains start, headless, demo, audit, wallet, build, test and bench\n`
}

/** @returns {string[] | undefined} program and leading arguments; a path of a program in the repository stands for itself */
function programOf(command) {
  if (Object.hasOwn(commands, command)) return commands[command]
  const path = join(root, command)
  const isProgram = path.startsWith(root) && /\.[cm]?[jt]s$/.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true
  return isProgram ? [command] : undefined
}

async function main([command, ...args]) {
  if (command === undefined) {
    process.stderr.write(usage())
    return 2
  }
  if (command === '--help' || command === '-h' || (command === 'install' && args.length > 0)) {
    const asked = command !== 'install' || args.includes('--help') || args.includes('-h')
    process[asked ? 'stdout' : 'stderr'].write(asked ? usage() : `golem: install takes no arguments, so not «${args[0]}».\n`)
    return asked ? 0 : 2
  }
  const program = command === 'install' ? [] : programOf(command)
  if (program === undefined) {
    process.stderr.write(`golem: there is no command or program «${command}».\n${usage()}`)
    return 2
  }
  return enter({ program, args, cwd: root, stays: command === 'start' || command === 'headless' })
}

process.exitCode = await main(process.argv.slice(2))
