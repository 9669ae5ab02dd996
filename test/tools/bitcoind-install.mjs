#!/usr/bin/env node
/**
 * Gets a real bitcoind for the tests, without touching the system. Plain Node (20 or newer), no node_modules:
 *
 *   node test/tools/bitcoind-install.mjs
 *
 * Order: $GOLEM_BITCOIND, then PATH, then `.cache/bitcoind/` in the project, into which Debian sid's `bitcoin-knots` and the
 * libraries that it needs are downloaded with apt (own lists, own cache, own status: the system's apt state is only read to
 * learn the mirror) and unpacked with `dpkg -x`. It then runs through the loader of that same folder.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, findBitcoind, manifestFile } from '../../main/adapters/chain/bitcoind/find.mjs'

export { findBitcoind }

const debianKeyring = '/usr/share/keyrings/debian-archive-keyring.gpg'
const packageName = 'bitcoin-knots'
/** Pulled in by the package's service scripts or by library variants that bitcoind does not load. */
const unneeded = /^lib(systemd|mount|blkid|selinux|pcre2|c-gconv)/

/**
 * Finds bitcoind, or downloads and unpacks it.
 * @returns the same as findBitcoind; `missing` carries what apt or dpkg said.
 */
export function installBitcoind(say = () => {}) {
  const found = findBitcoind()
  if (found.command) return found
  if (process.env.GOLEM_BITCOIND) return found
  try {
    return download(say)
  } catch (error) {
    return { missing: `could not fetch ${packageName} with apt: ${lastLines(error)}. Install Bitcoin Core or Knots and set GOLEM_BITCOIND` }
  }
}

const lastLines = (error) =>
  String(error.stderr || error.message)
    .trim()
    .split('\n')
    .slice(-3)
    .join(' / ')

function download(say) {
  const mirror = debianMirror()
  if (!mirror) return { missing: 'no Debian mirror in the apt configuration: install Bitcoin Core or Knots and set GOLEM_BITCOIND' }
  const work = join(cacheFolder, `work-${process.pid}`)
  try {
    const apt = privateApt(work, mirror)
    say(`reading the package list of Debian sid (mirror and keyring from this machine's apt configuration)`)
    apt.get('update')
    const names = closure(apt)
    say(`downloading ${names.length} packages`)
    const downloads = join(work, 'debs')
    mkdirSync(downloads)
    apt.get('download', ...names, { cwd: downloads })
    const root = join(work, 'root')
    for (const file of readdirSync(downloads)) run('dpkg', ['-x', join(downloads, file), root])
    return settle(root)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** Puts the unpacked tree in place, and believes in it only after it has answered `-version`. */
function settle(root) {
  const place = join(cacheFolder, 'root')
  rmSync(place, { recursive: true, force: true })
  renameSync(root, place)
  const loader = find(place, (name) => /^ld-linux.*\.so\.\d+$/.test(name))
  const binary = find(place, (name) => name === 'bitcoind')
  if (!loader || !binary) throw new Error('the packages hold no bitcoind or no dynamic loader')
  const libraries = dirname(find(place, (name) => name === 'libc.so.6') ?? loader)
  const version = run(loader, ['--library-path', libraries, binary, '-version']).split('\n')[0]
  const paths = { loader, libraries, binary }
  const manifest = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, relative(cacheFolder, path)]))
  writeFileSync(`${manifestFile}.new`, JSON.stringify({ version, ...manifest }, null, 2))
  renameSync(`${manifestFile}.new`, manifestFile)
  return findBitcoind()
}

function find(folder, matches) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      const below = find(path, matches)
      if (below) return below
    } else if (entry.isFile() && matches(entry.name)) return path
  }
  return undefined
}

function privateApt(work, mirror) {
  for (const folder of ['lists/partial', 'cache/archives/partial', 'etc']) mkdirSync(join(work, folder), { recursive: true })
  writeFileSync(join(work, 'status'), '')
  writeFileSync(
    join(work, 'sid.sources'),
    `Types: deb\nURIs: ${mirror.uri}\nSuites: sid\nComponents: main\nSigned-By: ${mirror.signedBy}\n`,
  )
  const settings = {
    'Dir::Etc::sourcelist': join(work, 'sid.sources'),
    'Dir::Etc::sourceparts': join(work, 'etc'),
    'Dir::Etc::preferences': join(work, 'etc', 'none'),
    'Dir::Etc::preferencesparts': join(work, 'etc'),
    'Dir::State': work,
    'Dir::State::lists': join(work, 'lists'),
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': process.getuid?.() === 0 ? 'root' : '',
    'Acquire::Languages': 'none',
  }
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const get = (...words) => {
    const extra = typeof words.at(-1) === 'object' ? words.pop() : {}
    return run('apt-get', ['-q', ...options, ...words], extra)
  }
  return { get }
}

/** The package and the libraries below it: apt resolves against an empty status, so nothing counts as installed. */
function closure(apt) {
  const plan = apt.get('install', '--simulate', '--no-install-recommends', packageName)
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1])
  return names.filter((name) => name === packageName || (/^(lib|zlib)/.test(name) && !unneeded.test(name)))
}

/** The first enabled Debian archive in the machine's own apt configuration, deb822 or one-line style. */
function debianMirror() {
  const parts = '/etc/apt/sources.list.d'
  const listed = existsSync(parts)
    ? readdirSync(parts)
        .sort()
        .map((name) => join(parts, name))
    : []
  const entries = [...listed, '/etc/apt/sources.list'].filter((file) => existsSync(file)).flatMap(entriesOf)
  const archive = entries.find((entry) => /\/debian\/?$/.test(entry.uri))
  if (!archive) return undefined
  const signedBy = archive.signedBy ?? debianKeyring
  if (!existsSync(signedBy)) throw new Error(`the keyring ${signedBy} is missing: install debian-archive-keyring`)
  return { uri: archive.uri, signedBy }
}

function entriesOf(file) {
  const text = readFileSync(file, 'utf8').replace(/^#.*\n?/gm, '')
  if (file.endsWith('.sources')) return text.split(/\n\s*\n/).flatMap(deb822Entries)
  if (!file.endsWith('.list')) return []
  return [...text.matchAll(/^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s/gm)].map(([, options, uri]) => ({
    uri,
    signedBy: /signed-by=(\/\S+)/.exec(options ?? '')?.[1],
  }))
}

function deb822Entries(stanza) {
  const field = (name) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(stanza)?.[1]?.trim()
  if (!/\bdeb\b/.test(field('Types') ?? '') || field('Enabled') === 'no') return []
  const signedBy = field('Signed-By')
  return (field('URIs') ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((uri) => ({ uri, signedBy: signedBy?.startsWith('/') ? signedBy : undefined }))
}

function run(command, words, options = {}) {
  return execFileSync(command, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    maxBuffer: 1 << 26,
    ...options,
  })
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const result = installBitcoind((line) => console.log(line))
  console.log(result.command ? `bitcoind: ${result.source}` : `no bitcoind: ${result.missing}`)
  process.exitCode = result.command ? 0 : 1
}
