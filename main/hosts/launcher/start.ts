/** `npm start`: builds what is stale, then opens the Electron app, or says why not and runs the headless host in its place. */
import { join } from 'node:path'
import { buildElectron, buildRenderer, rendererIsStale, repository } from './build.ts'
import { runToEnd } from './child.ts'
import { findElectron } from './electron.ts'

async function prepareRenderer(): Promise<void> {
  if (!rendererIsStale()) return
  process.stdout.write('golem: building the page …\n')
  await buildRenderer()
}

/**
 * Takes `--app NAME` out of the arguments: the name goes to the network by the environment, because it runs in a process below the host's, and
 * Chromium has an `--app` of its own.
 */
function takeApp(args: string[]): string[] {
  const at = args.findIndex((one) => one === '--app' || one.startsWith('--app='))
  if (at < 0) return args
  const isPair = args[at] === '--app'
  process.env.GOLEM_APP = isPair ? (args[at + 1] ?? '') : args[at]!.slice('--app='.length)
  return args.toSpliced(at, isPair ? 2 : 1)
}

/** Runs to the end of the chosen host and returns its exit code. */
async function start(given: string[]): Promise<number> {
  const args = takeApp(given)
  await prepareRenderer()
  const electron = findElectron(repository)
  if ('binary' in electron) {
    await buildElectron()
    return runToEnd(electron.binary, [repository, ...args])
  }
  process.stdout.write(`golem: ${electron.reason}, so the same app opens in a browser instead.\n`)
  return runToEnd(process.execPath, [join(repository, 'main', 'hosts', 'headless', 'index.ts'), ...args])
}

if (import.meta.main) process.exitCode = await start(process.argv.slice(2))
