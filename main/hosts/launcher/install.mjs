/**
 * Installs the packages of package-lock.json when they are not there, unattended, on npm 10 and on npm 11.
 *
 * No package's install script runs: one of them (`ip-set`) refuses npm, the others compile or download what has a prebuilt or a
 * plain fallback. The one that is needed, of the package `node`, is run by hand: it fetches Node 24 from the npm registry.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import process from 'node:process'

const wantedMajor = 24

/** The Node that runs everything: the one of the npm package `node`, or this very one where it is new enough. */
export function projectNode(root) {
  const bundled = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(bundled) ? bundled : process.execPath
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

/**
 * npm writes node_modules/.package-lock.json as the last act of an install, so it tells a finished install from a broken one.
 * Optional packages are left out: npm drops those of other platforms.
 *
 * @returns {string | undefined} why an install is needed, for a person
 */
export function whyInstall(root) {
  const wanted = readLock(join(root, 'package-lock.json'))
  if (wanted === undefined) return undefined
  const present = readLock(join(root, 'node_modules', '.package-lock.json'))
  if (present === undefined) return 'packages are not installed yet'
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '' || entry.optional === true || entry.devOptional === true || entry.extraneous === true) continue
    if (present[path] === undefined) return `${path.replace('node_modules/', '')} is missing`
    if (present[path].version !== entry.version) return `${path.replace('node_modules/', '')} is not at ${entry.version}`
  }
  return undefined
}

/** Settings that an outer `npm run` exports and that would steer the inner npm away from the folder it is started in. */
function cleanEnvironment() {
  const dropped = /^(npm_(package|lifecycle|command)|npm_config_(local_prefix|prefix|global|ignore_scripts|omit|production)$|NODE_ENV$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)))
}

/** npm as a program and leading arguments: the one that started us, or the one on PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath
  if (cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)) return { program: process.execPath, lead: [cli], shell: false }
  return { program: 'npm', lead: [], shell: process.platform === 'win32' }
}

function execute(program, args, options) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: cleanEnvironment(), ...options })
    child.on('error', () => resolve(1))
    child.on('exit', (code) => resolve(code ?? 1))
  })
}

/** What a child's three streams are, when its output is to go to `report`. */
const streams = (report) => ({ stdio: ['ignore', report === 'stderr' ? 2 : 'inherit', 'inherit'] })

async function installPackages(root, report) {
  const npm = npmCommand()
  const args = [...npm.lead, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  for (let attempt = 1; attempt <= 2; attempt++) {
    if ((await execute(npm.program, args, { cwd: root, shell: npm.shell, ...streams(report) })) === 0) return { ok: true }
    if (attempt === 1) process.stderr.write('golem: the install failed; trying once more …\n')
  }
  return {
    ok: false,
    message: '«npm ci --ignore-scripts» failed twice; see the lines above. Check the connection to the npm registry and start again.',
  }
}

/** The major version of a Node binary, 0 when it does not run here. */
function majorOf(node) {
  const answer = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  return Number.parseInt(answer.stdout ?? '', 10) || 0
}

/**
 * A Node that an install leaves in its place. `npm run` puts node_modules/.bin first on the PATH, so the running one may be the project's own, which npm
 * takes away with all other packages.
 * @param env `npm_node_execpath` is the Node that npm itself runs on; @param running the path of this one
 */
export function nodeThatStays(root, env = process.env, running = process.execPath) {
  const inside = join(root, 'node_modules') + sep
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  const found = [running, env.npm_node_execpath ?? '', ...onPath].find(
    (path) => path !== '' && !path.startsWith(inside) && existsSync(path),
  )
  return found ?? running
}

/**
 * npm makes no link for `node`, because its binary is not there yet, and takes an earlier one away, also from under the process that runs by it.
 * Again is harmless; none where there is no Node of the project's own.
 */
export function linkNode(root) {
  const link = join(root, 'node_modules', '.bin', 'node')
  if (process.platform === 'win32' || existsSync(link) || !existsSync(join(root, 'node_modules', 'node', 'bin', 'node'))) return
  try {
    symlinkSync(join('..', 'node', 'bin', 'node'), link)
  } catch (error) {
    // Another start may have made it meanwhile.
    if (error.code !== 'EEXIST') throw error
  }
}

async function installNode(root, report) {
  const folder = join(root, 'node_modules', 'node')
  if (existsSync(join(folder, 'installArchSpecificPackage.js'))) {
    process[report].write(`golem: fetching Node ${wantedMajor} from the npm registry …\n`)
    await execute(nodeThatStays(root), ['installArchSpecificPackage.js'], { cwd: folder, ...streams(report) })
  }
  if (majorOf(projectNode(root)) >= wantedMajor) {
    linkNode(root)
    return { ok: true }
  }
  return {
    ok: false,
    message: `Node ${wantedMajor} could not be fetched for ${process.platform}-${process.arch}. Install Node ${wantedMajor} or newer from nodejs.org and start again.`,
  }
}

/**
 * Makes node_modules match package-lock.json.
 *
 * @param {string} root the repository
 * @param {'stdout' | 'stderr'} report where progress is written: not to the output of a command that others read
 * @returns {Promise<{ ok: true } | { ok: false, message: string }>}
 */
export async function installMissing(root, report = 'stdout') {
  const reason = whyInstall(root)
  if (reason !== undefined) {
    const began = Date.now()
    process[report].write(`golem: installing packages (${reason}); this takes a minute or two …\n`)
    const packages = await installPackages(root, report)
    if (!packages.ok) return packages
    process[report].write(`golem: packages installed in ${Math.round((Date.now() - began) / 1000)} s\n`)
  }
  if (majorOf(projectNode(root)) < wantedMajor) return installNode(root, report)
  linkNode(root)
  return { ok: true }
}
