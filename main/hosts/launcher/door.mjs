/**
 * What `run.mjs` and the `golem` command share: they need nothing but Node 20 and npm, install what is missing, then run a program
 * with the Node 24 that the npm package `node` brings. Exit codes and signals pass through unchanged.
 */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { installMissing, projectNode } from './install.mjs'

/** The repository. */
export const root = fileURLToPath(new URL('../../..', import.meta.url))

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

function run(node, args, cwd) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd, stdio: 'inherit', env: { ...process.env, GOLEM_NODE: node, GOLEM_DOOR: String(process.pid) } })
    forwardSignals(child)
    endWithParent(child)
    child.on('error', (error) => {
      process.stderr.write(`golem: ${node} could not be started: ${error.message}\n`)
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
}

/**
 * Takes the place of this process, where the system and its Node can do that, so that no door stays in memory beside what runs for long: under npm,
 * which puts the project's own Node first, all but the start that installs it. What runs then watches its parent itself.
 */
function become(node, args, cwd) {
  if (process.platform === 'win32' || process.execve === undefined) return
  process.chdir(cwd)
  process.execve(node, [node, ...args], { ...process.env, GOLEM_NODE: node })
}

/**
 * Installs what is missing, then runs a program to its end.
 *
 * @param {{ program: string[], args: string[], cwd: string, report?: 'stdout' | 'stderr', stays?: boolean }} task program with leading arguments
 *   (none: only install); `report` is where the progress of an install is written; `stays`: it runs for long, and watches its parent itself
 * @returns {Promise<number>} the exit code
 */
export async function enter({ program, args, cwd, report = 'stdout', stays = false }) {
  const installed = await installMissing(root, report)
  if (!installed.ok) {
    process.stderr.write(`golem: ${installed.message}\n`)
    return 1
  }
  if (program.length === 0) return 0
  const [node, all] = [projectNode(root), [...program, ...args]]
  if (stays) become(node, all, cwd)
  return run(node, all, cwd)
}
