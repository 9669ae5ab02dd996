/** How the command finds a node of this computer, and what it says where none answers. */
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CONTRACT } from '../../../../main/contract/index.ts'
import { readAccess, removeAccess, writeAccess, type NodeAccess } from '../../../../main/hosts/terminal/access-file.ts'
import { fail, must, ok } from '../../../../roles/protocol/result.ts'
import { answered } from '../golem.ts'
import { OVERVIEW, startNode, TOKEN, type NodeDouble } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

const accessOf = (): NodeAccess => must(readAccess(node.folder))!
const place = (access: unknown, network = 'regtest'): void => {
  const folder = join(node.home, '.golem', network)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'access.json'), typeof access === 'string' ? access : JSON.stringify(access))
}

describe('a node of this computer', () => {
  it('is found without a word where it is the only one', async () => {
    const status = await node.golem(['status'])
    expect(status).toMatchObject({ code: 0, err: '' })
    expect(status.out).toContain('node     ann on regtest\nchain    block 120\nwallet   open\n')
    expect(node.calls).toEqual([{ name: 'overview', args: {} }])
    expect(answered(await node.golem(['status', '--json']))).toEqual({ ok: true, value: OVERVIEW })
  })

  it('is named by network, folder or the environment', async () => {
    for (const [args, env] of [
      [['--network', 'regtest'], {}],
      [['--folder', '.golem/regtest'], {}],
      [['--folder', node.folder], { GOLEM_NETWORK: 'mainnet' }],
      [[], { GOLEM_NETWORK: 'regtest' }],
      [[], { GOLEM_FOLDER: node.folder }],
      [[], { GOLEM_FOLDER: '', GOLEM_NETWORK: '' }],
    ] as Array<[string[], Record<string, string>]>)
      expect(await node.golem(['status', ...args], { env }), JSON.stringify(args)).toMatchObject({ code: 0 })
    expect(await node.golem(['status', '--network', 'main'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--network must be sandbox'),
    })
    expect(await node.golem(['status', '--network', 'signet'])).toMatchObject({ code: 1, err: expect.stringContaining('[node.absent]') })
  })

  it('is to be named where several run; one that ended does not count', async () => {
    place({ ...accessOf(), network: 'signet' }, 'signet')
    expect(await node.golem(['status'])).toMatchObject({
      code: 1,
      err: 'Several nodes run here: regtest, signet. Say which: --network regtest, or --network signet. [node.several]\n',
    })
    place({ ...accessOf(), pid: 2 ** 30 }, 'signet')
    expect(await node.golem(['status'])).toMatchObject({ code: 0 })
  })

  it('that does not run is said to be absent, and how one is started', async () => {
    rmSync(join(node.folder, 'access.json'))
    expect(await node.golem(['status'])).toMatchObject({
      code: 1,
      out: '',
      err: 'No node runs in a folder of ~/.golem. Start one in another terminal: golem node; or a sandbox, to try things: npm start, in the folder of Golem. A node elsewhere is named with --folder [node.absent]\n',
    })
    expect((await node.golem(['status', '--folder', node.folder])).err).toContain(`golem node --network regtest --folder ${node.folder}`)
    place({ ...accessOf() })
    place({ url: 'http://127.0.0.1:1', token: TOKEN, pid: 2 ** 30, network: 'regtest', contract: CONTRACT })
    expect((await node.golem(['status', '--folder', node.folder])).err).toContain('[node.absent]')
  })

  it('is found in any folder of ~/.golem, and several are named by what names them', async () => {
    const access = accessOf()
    rmSync(join(node.folder, 'access.json'))
    place({ ...access, network: 'sandbox' }, 'sandbox-poll')
    expect(await node.golem(['status'])).toMatchObject({ code: 0, err: '' })
    place(access)
    const folder = join(node.home, '.golem', 'sandbox-poll')
    expect((await node.golem(['status'])).err).toBe(
      `Several nodes run here: regtest, sandbox-poll. Say which: --network regtest, or --folder ${folder}. [node.several]\n`,
    )
  })

  it('that has ended is started as it was: on its network, and a sandbox by npm start', async () => {
    const own = join(node.home, 'n')
    mkdirSync(own)
    writeFileSync(join(own, 'network'), 'testnet4\n')
    expect((await node.golem(['status', '--folder', own])).err).toContain(`golem node --network testnet4 --folder ${own} [node.absent]`)
    const sandbox = join(node.home, 's')
    mkdirSync(join(sandbox, 'bob'), { recursive: true })
    writeFileSync(join(sandbox, 'network.json'), '{}')
    for (const args of [
      ['--folder', sandbox],
      ['--folder', join(sandbox, 'bob')],
      ['--folder', join(sandbox, 'bbo')],
      ['--network', 'sandbox'],
    ])
      expect((await node.golem(['status', ...args])).err, args.join(' ')).toMatch(/: npm start, .* \[node\.absent\]/)
    writeFileSync(join(sandbox, 'bob', 'access.json'), JSON.stringify(accessOf()))
    expect((await node.golem(['status', '--folder', join(sandbox, 'bbo')])).err).toBe(
      `The sandbox in ${sandbox} runs no node «bbo»; it runs bob: golem sandbox nodes --folder ${sandbox} [node.absent]\n`,
    )
  })

  it('is on a network that there is, also where GOLEM_NETWORK names it', async () => {
    expect(await node.golem(['status'], { env: { GOLEM_NETWORK: 'bogus' } })).toMatchObject({
      code: 2,
      err: expect.stringContaining('GOLEM_NETWORK must be sandbox, regtest, signet, testnet4 or mainnet, not «bogus».'),
    })
  })

  it('whose wallet is locked is not said to do nothing: it goes on once that is unlocked', async () => {
    node.show({ node: { ...OVERVIEW.node, wallet: 'locked' } })
    const { out } = await node.golem(['status'])
    expect(out).toContain(
      'What this node publishes, hosts and uses is shown, and goes on, once the wallet is unlocked: golem wallet unlock.',
    )
    expect(out).not.toContain('Nothing is published')
  })

  it.each<[string, unknown]>([
    ['url', 'not json'],
    ['url', '[]'],
    ['url', { url: 'http://evil.example:80' }],
    ['url', { url: 'https://127.0.0.1:80' }],
    ['url', { url: 'http://127.0.0.1:80/x' }],
    ['token', { token: 'a b' }],
    ['token', { token: 'short' }],
    ['token', { token: `${TOKEN}\r\nX: y` }],
    ['pid', { pid: 0 }],
    ['pid', { pid: '1' }],
    ['pid', { pid: -1 }],
    ['contract', { contract: null }],
  ])('whose file has a damaged %s is not asked: %j', async (field, change) => {
    place(typeof change === 'string' ? change : { ...accessOf(), ...(change as object) })
    const status = await node.golem(['status', '--network', 'regtest'])
    expect(status).toMatchObject({ code: 1, err: expect.stringContaining(`access.json is damaged (${field})`) })
    expect(status.err).toContain('[node.access]')
    expect(node.calls).toEqual([])
  })

  it('that does not answer, or is another one, is said so', async () => {
    place({ ...accessOf(), token: 'another-token-of-24-chars' })
    expect(await node.golem(['status'])).toMatchObject({ code: 1, err: expect.stringContaining('[node.token]') })
    place({ ...accessOf(), url: 'http://127.0.0.1:1' })
    expect(await node.golem(['status'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/does not answer \(ECONNREFUSED\).*\[node\.gone\]/),
    })
    expect(await node.golem(['log', '-f'])).toMatchObject({ code: 1, err: expect.stringContaining('[node.gone]') })
  })

  it('says what it refuses with its own code, and with --json as an object', async () => {
    node.script.overview = () => fail('core.starting', 'It is starting.')
    expect(await node.golem(['status'])).toEqual({ code: 1, out: '', err: 'It is starting. [core.starting]\n' })
    expect(answered(await node.golem(['status', '--json']))).toEqual({
      ok: false,
      error: { code: 'core.starting', message: 'It is starting.', retryable: false },
    })
  })
})

describe('the access file', () => {
  it('is for its owner alone, whatever was there before, and goes with its process', () => {
    const access = accessOf()
    writeFileSync(join(node.folder, 'access.json'), 'x', { mode: 0o644 })
    must(writeAccess(node.folder, access))
    if (process.platform !== 'win32') expect(statSync(join(node.folder, 'access.json')).mode & 0o777).toBe(0o600)
    removeAccess(node.folder, access.pid + 1)
    expect(readAccess(node.folder)).toEqual(ok(access))
    removeAccess(node.folder, access.pid)
    expect(readAccess(node.folder)).toEqual(ok(null))
  })
})

describe('golem log', () => {
  const line = (message: string) => ({ at: 0, level: 'info', who: 'ann', message })

  it('prints the newest lines, and what strangers wrote is no command to the terminal', async () => {
    node.script.log = ({ limit }: { limit: number }) => ok([line(`${limit}`), line('a\u001b[2J\nb')])
    expect((await node.golem(['log', '-n', '7'])).out).toBe(
      '1970-01-01T00:00:00.000Z info  ann: 7\n1970-01-01T00:00:00.000Z info  ann: a[2J b\n',
    )
    expect(await node.golem(['log', '-n', '0'])).toMatchObject({ code: 2 })
  })

  it.each([false, true])('follows with -f until it is ended; json %s', async (json) => {
    node.script.log = () => ok([line('before')])
    const end = new AbortController()
    const following = node.golem(['log', '-f', ...(json ? ['--json'] : [])], { ended: end.signal })
    // Told until one is heard: the stream opens at a time of its own.
    const tell = setInterval(() => node.emit('log', line('after')), 5)
    await new Promise((resolve) => setTimeout(resolve, 50))
    while (node.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    await new Promise((resolve) => setTimeout(resolve, 100))
    clearInterval(tell)
    end.abort()
    const { out, code, err } = await following
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const lines = out
      .trimEnd()
      .split('\n')
      .map((one) => (json ? (JSON.parse(one) as { message: string }).message : one.split('ann: ')[1]))
    expect(lines[0]).toBe('before')
    expect(new Set(lines.slice(1))).toEqual(new Set(['after']))
  })
})

describe('golem settings', () => {
  const setting = { name: 'host.jobs', value: 1, default: 1, doc: 'How many jobs.', applies: 'at once' as const }

  it('lists them, with what cannot be used', async () => {
    node.script.settings = () =>
      ok([
        setting,
        { ...setting, name: 'name', value: 'ann', default: 'this node' },
        { ...setting, name: 'x', problem: 'There is no such setting.' },
      ])
    const { out } = await node.golem(['settings'])
    expect(out).toMatch(/^host\.jobs +1 +How many jobs\.$/m)
    expect(out).toMatch(/^name +ann \* +How/m)
    expect(out).toMatch(/^x +1 +! There is no such setting\.$/m)
  })

  it.each<[string[], unknown]>([
    [['set', 'host.jobs', '3'], { name: 'host.jobs', value: 3 }],
    [['set', 'name', 'ann of the hill'], { name: 'name', value: 'ann of the hill' }],
    [['set', 'name', '"3"'], { name: 'name', value: '3' }],
    [['set', 'swarm.trackers', '["udp://t:1"]'], { name: 'swarm.trackers', value: ['udp://t:1'] }],
    [['reset', 'host.jobs'], { name: 'host.jobs', value: null }],
  ])('%j', async (args, sent) => {
    node.script['settings.set'] = ({ name, value }: { name: string; value: unknown }) =>
      ok({ ...setting, name, value, applies: 'next start' })
    const ended = await node.golem(['settings', ...args])
    expect(ended).toMatchObject({ code: 0, out: expect.stringContaining('It counts when the node is started again.') })
    expect(node.calls).toEqual([{ name: 'settings.set', args: sent }])
  })

  it('takes a number below zero for a value, and not for an option', async () => {
    node.script['settings.set'] = () => fail('settings.value', 'It has to be 0 or more.')
    expect(await node.golem(['settings', 'set', 'host.minimumPayPerRequest', '-3'])).toMatchObject({
      code: 1,
      err: 'It has to be 0 or more. [settings.value]\n',
    })
    expect(node.calls).toEqual([{ name: 'settings.set', args: { name: 'host.minimumPayPerRequest', value: -3 } }])
    expect((await node.golem(['use', 'reserve', 'posts', '-4'])).err).toContain('The count must be a whole number from 1 to 64, not «-4».')
    expect((await node.golem(['wallet', 'send', 'bcrt1q', '-5'])).err).toContain('«-5»')
  })

  it('takes a name and a value', async () => {
    expect(await node.golem(['settings', 'set', 'name'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('golem settings set needs: <name> <value>'),
    })
  })
})
