/** `golem node` as a process: what it prints, who finds it, how it ends, and what it refuses. The chain is the embedded node, spoken to as a bitcoind is. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmbeddedNode, createRpcServer } from '../../../main/adapters/chain/index.ts'
import { repository } from '../../architecture/rules.ts'
import { answered } from '../cli/golem.ts'
import { run } from '../cli/node/world.ts'

const WAIT = 120_000
const home = mkdtempSync(join(tmpdir(), 'golem-host-'))
const cookie = join(home, 'cookie')
const secret = join(home, 'passphrase')
const folder = join(home, '.golem', 'regtest')
let chain: Awaited<ReturnType<typeof createRpcServer>>

/** The page is not built for tests: any file is one. */
const page = join(repository, 'dist', 'renderer', 'index.html')
let made = false

beforeAll(async () => {
  chain = await createRpcServer(createEmbeddedNode({ folder: join(home, 'chain') }), { port: 0, user: '__cookie__', password: 'word' })
  writeFileSync(cookie, '__cookie__:word')
  writeFileSync(secret, 'correct horse battery\n', { mode: 0o600 })
  if (!existsSync(page)) {
    made = true
    mkdirSync(join(page, '..'), { recursive: true })
    writeFileSync(page, '<!doctype html><title>Golem</title>')
  }
})
afterAll(async () => {
  // What a test that failed left running; one that ended is not touched.
  for (const child of started) child.kill('SIGKILL')
  await chain.close()
  rmSync(home, { recursive: true, force: true })
  if (made) rmSync(page)
})

const started: ChildProcess[] = []

interface Host {
  child: ChildProcess
  out(): string
  err(): string
  /** Resolves when it says where its page is; rejects when it ends before. */
  ready: Promise<string>
  ended: Promise<number | null>
}

function host(args: string[], env: Record<string, string> = {}): Host {
  const entry = join(repository, 'main', 'hosts', 'node', 'index.ts')
  const child = spawn(process.execPath, [entry, ...args], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let [out, err] = ['', '']
  child.stderr.on('data', (data) => (err += String(data)))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      out += String(data)
      const found = /page at (\S+)\n/.exec(out)
      if (found !== null) resolve(found[1]!)
    })
    void ended.then((code) => reject(new Error(`it ended with ${code}: ${err}`)))
  })
  ready.catch(() => undefined)
  return { child, out: () => out, err: () => err, ready, ended }
}

/** What anybody but its owner may do something with. */
const open = (under: string): string[] =>
  readdirSync(under, { recursive: true, encoding: 'utf8' }).filter((name) => (statSync(join(under, name)).mode & 0o077) !== 0)

const own = (): string[] => ['--network', 'regtest', '--chain', chain.url, '--chain-cookie', cookie]

describe('golem node', () => {
  it(
    'keeps all that it writes to its owner, and runs until it is ended, is found by the command line, and leaves nothing behind',
    async () => {
      // A folder that was there before lets others in.
      mkdirSync(folder, { recursive: true, mode: 0o755 })
      const node = host(own())
      const url = await node.ready
      expect(node.out()).toBe(`golem: regtest node in ${folder}, page at ${url}\n`)
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[A-Za-z0-9_-]{32}$/)
      expect(statSync(join(folder, 'access.json')).mode & 0o777).toBe(0o600)
      expect((await fetch(url)).status).toBe(200)
      // A wallet is made and confirmed by its commands alone.
      const made = await run(home, ['wallet', 'create', '--passphrase-file', secret, '--json'])
      const { phrase, asked } = (answered(made) as { value: { phrase: string; asked: number[] } }).value
      writeFileSync(join(home, 'words'), asked.map((at) => phrase.split(' ')[at - 1]).join(' '))
      expect(await run(home, ['wallet', 'confirm', '--words-file', 'words'])).toMatchObject({ code: 0, out: 'The wallet is open.\n' })
      expect(await run(home, ['status'])).toMatchObject({ code: 0, out: expect.stringMatching(/^wallet +open$/m) })
      const address = (await run(home, ['wallet', 'receive'])).out
      expect(address).toMatch(/^bcrt1p\w+\n$/)
      expect(await run(home, ['settings', 'set', 'name', 'ann'])).toMatchObject({ code: 0 })
      // Another one for the same folder is refused, and does this one no harm.
      const second = host(own())
      expect(await second.ended).toBe(1)
      expect(second.err()).toContain(`Another Golem is using ${folder}`)
      expect(await run(home, ['status'])).toMatchObject({ code: 0 })
      expect(open(folder)).toEqual([])
      node.child.kill('SIGTERM')
      expect(await node.ended).toBe(0)
      expect(node.out()).toContain('golem: ending …\n')
      expect(existsSync(join(folder, 'access.json'))).toBe(false)
      expect(await run(home, ['status'])).toMatchObject({ code: 1, err: expect.stringContaining('[node.absent]') })
    },
    WAIT,
  )

  it(
    'starts locked without a passphrase, open with it, and not at all with a wrong one; what was set counts',
    async () => {
      const locked = host(own())
      await locked.ready
      expect((await run(home, ['status'])).out).toMatch(/^node +ann on regtest\n.*\nwallet +locked/m)
      expect(await run(home, ['wallet', 'balance'])).toMatchObject({ code: 1, err: expect.stringContaining('[wallet.locked]') })
      locked.child.kill('SIGKILL')
      await locked.ended
      // What a killed one left leads nowhere.
      expect(await run(home, ['status'])).toMatchObject({ code: 1, err: expect.stringContaining('[node.absent]') })
      const wrong = host(own(), { GOLEM_PASSPHRASE: 'another passphrase' })
      expect(await wrong.ended).toBe(1)
      expect(wrong.err()).toContain('[keystore.passphrase]')
      const open = host([...own(), '--passphrase-file', secret])
      await open.ready
      expect((await run(home, ['wallet', 'status'])).out).toBe('The wallet is open.\n')
      open.child.kill('SIGINT')
      expect(await open.ended).toBe(0)
    },
    WAIT,
  )

  it.each<[string, string[], Record<string, string>, number, string]>([
    ['a password in an argument', ['--chain', 'http://me:secret@127.0.0.1:1'], {}, 1, 'set GOLEM_CHAIN_PASSWORD. [chain.address]'],
    ['TLS', ['--chain', 'https://127.0.0.1:1'], {}, 1, "bitcoind's RPC speaks no TLS"],
    ['no way to log in', ['--chain', 'http://127.0.0.1:1'], {}, 1, '--chain-cookie'],
    ['no bitcoind here', [], {}, 1, 'There is no bitcoind of regtest on this computer'],
    ['another chain', ['--network', 'main'], {}, 2, '--network must be sandbox'],
    ['the sandbox', ['--network', 'sandbox'], {}, 2, 'npm start runs it'],
    ['a passphrase file that is not there', ['--passphrase-file', 'nowhere'], {}, 1, 'There is no file nowhere'],
    ['an unknown option', ['--mine'], {}, 2, 'There is no option --mine'],
    ['an argument too many', ['now'], {}, 2, 'one argument too many'],
    ['mainnet without an answer', ['--network', 'mainnet'], {}, 1, 'What is not proved yet'],
  ])(
    'refuses %s',
    async (what, args, env, code, message) => {
      const network = args.includes('--network') ? [] : ['--network', 'regtest']
      const other = join(home, what)
      const node = host([...network, ...args, '--folder', other], env)
      expect(await node.ended).toBe(code)
      expect(node.out()).toBe('')
      expect(node.err()).toContain(message)
      expect(node.err()).not.toContain('secret')
      expect(existsSync(other)).toBe(false)
    },
    WAIT,
  )

  it(
    'uses no folder of another network, and no damaged settings, and says so',
    async () => {
      const other = host(['--network', 'signet', '--folder', folder, '--chain', chain.url, '--chain-cookie', cookie])
      expect(await other.ended).toBe(1)
      expect(other.err()).toContain('is of a node on regtest, and not on signet')
      writeFileSync(join(folder, 'settings.json'), '{"host.jobs": "many", "colour": "red", "name": "ann"}')
      const node = host(own())
      await node.ready
      const { out } = await run(home, ['status'])
      expect(out).toContain('problem  The setting host.jobs has to be a whole number from 0 to 100.')
      expect(out).toContain('problem  There is no setting colour: it is left alone.')
      expect(out).toMatch(/^node +ann on regtest$/m)
      node.child.kill('SIGTERM')
      expect(await node.ended).toBe(0)
    },
    WAIT,
  )
})
