/** Programs that tests need from Debian. Plain JavaScript, so that it also runs on Node 20. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** @returns {string | undefined} the first of these names that is an executable on PATH */
export function onPath(names, env = process.env) {
  const folders = (env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable)
}

function apt(args, say) {
  say(`apt-get ${args.join(' ')} …`)
  const answer = spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: 600_000,
  })
  return answer.status === 0
    ? undefined
    : (answer.stderr || answer.stdout || String(answer.error ?? 'apt-get failed')).trim().split('\n').at(-1)
}

let updated = false

/**
 * Installs a Debian package, as root only.
 *
 * @returns {string | undefined} why it could not be installed
 */
function aptInstall(debianPackage, say) {
  if (process.getuid?.() !== 0 || onPath(['apt-get']) === undefined) return 'not root on Debian'
  if (!updated) {
    const failure = apt(['update'], say)
    if (failure !== undefined) return failure
    updated = true
  }
  return apt(['install', '-y', '--no-install-recommends', debianPackage], say)
}

/**
 * Finds a program: the file that an environment variable names, then PATH.
 *
 * @param {{ variable: string, names: string[], debianPackage: string }} tool
 * @returns {{ path: string } | { missing: string }}
 */
export function findTool(tool, env = process.env) {
  const named = env[tool.variable]
  if (named)
    return executable(named)
      ? { path: named }
      : { missing: `${tool.variable} names ${named}, which is not an executable file: correct or unset it` }
  const found = onPath(tool.names, env)
  return found === undefined
    ? { missing: `install with: apt-get install ${tool.debianPackage}, or name the program in ${tool.variable}` }
    : { path: found }
}

/** The same, but installs the Debian package where it may. */
export function prepareTool(tool, say = () => {}) {
  const found = findTool(tool)
  if ('path' in found || process.env[tool.variable]) return found
  const failure = aptInstall(tool.debianPackage, say)
  const again = findTool(tool)
  return 'path' in again ? again : { missing: `${again.missing} (${failure ?? 'the package brought no such program'})` }
}
