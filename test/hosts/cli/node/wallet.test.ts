/** `golem wallet …`: what is asked of people, what goes to the node, and that no secret is an argument. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nodeGroups } from '../../../../main/hosts/cli/node/commands/index.ts'
import { fail, ok } from '../../../../roles/protocol/result.ts'
import { answered } from '../golem.ts'
import { startNode, write, type NodeDouble } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

const SEEN = { step: '', percent: 0, found: [], unknown: [] }
const PHRASE = 'abandon ability able about above absent absorb abstract absurd abuse access accident'
const made = { phrase: PHRASE, asked: [2, 7, 11] }
const view = (state: string, more: object = {}) => ok({ state, network: 'regtest', ...more })
/** What was done to the wallet; how it is was looked at before. */
const done = () => node.calls.filter(({ name }) => name !== 'wallet.status')

describe('no secret', () => {
  it('is an argument of any command: passphrases and phrases come from files, variables and the keyboard', () => {
    for (const { commands } of nodeGroups)
      for (const { name, flags, usage } of commands) {
        const taking = Object.entries(flags).filter(
          ([flag, option]) => /pass|phrase|words|seed|secret/.test(flag) && option.kind === 'text',
        )
        for (const [flag, option] of taking) expect(option, `${name} --${flag}`).toMatchObject({ value: 'FILE' })
        expect(usage, name).not.toMatch(/pass|phrase|word|seed|secret/)
      }
  })
})

describe('golem wallet create', () => {
  beforeEach(() => {
    node.script['wallet.status'] = () => view('none')
  })

  it('shows the words, takes them from the screen, and asks some of them back', async () => {
    node.script['wallet.create'] = () => ok(made)
    node.script['wallet.confirm'] = () => view('open')
    const { code, out, err } = await node.golem(['wallet', 'create'], {
      typed: ['secret', 'secret', '', ' Ability', 'ABSORB', 'access'],
      columns: 80,
    })
    expect(code).toBe(0)
    expect(done()).toEqual([
      { name: 'wallet.create', args: { passphrase: 'secret', words: 12 } },
      { name: 'wallet.confirm', args: { words: ['ability', 'absorb', 'access'] } },
    ])
    expect(err).toMatch(/New passphrase: \(hidden\)\nThe same once more: \(hidden\)\n/)
    expect(err).toContain(' 1 abandon      2 ability      3 able         4 about\n')
    // The terminal forgets them before they are asked for.
    expect(err.indexOf('\u001b[2J')).toBeLessThan(err.indexOf('Word 2: '))
    expect(err.slice(err.indexOf('\u001b[2J'))).not.toContain('abandon')
    expect(out).toBe('The wallet is open.\n')
  })

  it('prints them for a program, and says what is asked back', async () => {
    node.script['wallet.create'] = () => ok(made)
    const env = { GOLEM_PASSPHRASE: 'secret' }
    const { out, code } = await node.golem(['wallet', 'create', '--words', '24'], { env })
    expect(code).toBe(0)
    expect(out).toContain('give the words 2, 7, 11 back: golem wallet confirm')
    expect(answered(await node.golem(['wallet', 'create', '--json'], { env }))).toEqual({ ok: true, value: made })
    expect(done().map(({ args }) => args)).toEqual([
      { passphrase: 'secret', words: 24 },
      { passphrase: 'secret', words: 12 },
    ])
  })

  it.each<[string[], string[], string]>([
    [[], [], 'cli.passphrase'],
    [[], ['one', 'other'], 'cli.passphrase'],
    [['--passphrase-file', 'nowhere'], [], 'cli.file'],
    [['--words', '13'], [], '--words must be 12 or 24'],
    [['secret'], [], 'one argument too many'],
    [['--passphrase', 'secret'], [], 'There is no option --passphrase; did you mean --passphrase-file?'],
  ])('%j with %j typed is refused: %s', async (args, typed, message) => {
    const ended = await node.golem(['wallet', 'create', ...args], { typed })
    expect(ended.code).toBeGreaterThan(0)
    expect(ended.err).toContain(message)
    expect(done()).toEqual([])
  })
})

describe('golem wallet', () => {
  it.each<[string, string]>([
    ['none', 'golem wallet create'],
    ['unconfirmed', 'Asked are the words 3, 5 of the phrase.'],
    ['locked', 'golem wallet unlock'],
    ['open', 'The wallet is open.\nNo payment goes through: no peers'],
  ])('status: %s', async (state, sentence) => {
    node.script['wallet.status'] = () =>
      view(state, state === 'unconfirmed' ? { asked: [3, 5] } : state === 'open' ? { hindrance: 'no peers' } : {})
    expect((await node.golem(['wallet', 'status'])).out).toContain(sentence)
  })

  it('confirm takes the words from the keyboard or a file', async () => {
    node.script['wallet.status'] = () => view('unconfirmed', { asked: [3, 5] })
    node.script['wallet.confirm'] = () => view('open')
    expect(await node.golem(['wallet', 'confirm'], { typed: ['able', 'above'] })).toMatchObject({ code: 0, out: 'The wallet is open.\n' })
    write(node.home, 'words', 'Able\n above\n')
    expect(await node.golem(['wallet', 'confirm', '--words-file', 'words'])).toMatchObject({ code: 0 })
    expect(node.calls.filter(({ name }) => name === 'wallet.confirm').map(({ args }) => args)).toEqual([
      { words: ['able', 'above'] },
      { words: ['able', 'above'] },
    ])
    expect(await node.golem(['wallet', 'confirm'])).toMatchObject({ code: 1, err: expect.stringContaining('[cli.words]') })
  })

  it('restore takes phrase and passphrase apart, and waits for what it brings back unless that is not wanted', async () => {
    node.script['wallet.status'] = () => view('none')
    node.script['wallet.restore'] = () => view('open')
    node.script['wallet.found'] = () => ok({ ...SEEN, state: 'done', found: [] } as never)
    await node.golem(['wallet', 'restore'], { typed: [` ${PHRASE} `, 'secret', 'secret'] })
    write(node.home, 'phrase', `${PHRASE}\n`)
    write(node.home, 'pass', 'secret\n')
    const files = ['--phrase-file', 'phrase', '--passphrase-file', 'pass']
    const without = await node.golem(['wallet', 'restore', ...files, '--no-find'])
    const sent = { name: 'wallet.restore', args: { phrase: PHRASE, passphrase: 'secret' } }
    expect(done()).toEqual([sent, { name: 'wallet.found', args: {} }, { ...sent, args: { ...sent.args, find: false } }])
    expect(without.out).toContain('comes back with golem wallet find')
    expect(await node.golem(['wallet', 'restore'], { typed: [''] })).toMatchObject({ code: 1, err: expect.stringContaining('[cli.words]') })
  })

  it('find and restore show how far the search is until it is over; --no-wait ends at once, Ctrl+C ends the waiting alone', async () => {
    const seen = [
      { ...SEEN, state: 'running', step: 'reads the chain: block 5 of 9', percent: 5 },
      { ...SEEN, state: 'running', step: 'takes up «Poll»', percent: 70 },
    ]
    let asked = 0
    node.script['wallet.find'] = () => ok(seen[0] as never)
    node.script['wallet.found'] = () => ok((seen[asked++] ?? { ...SEEN, state: 'done' }) as never)
    const waited = await node.golem(['wallet', 'find'])
    expect(waited.err).toBe('reads the chain: block 5 of 9 (5 %)\ntakes up «Poll» (70 %)\n')
    expect(waited.out).toContain('This wallet took part in nothing')
    asked = 0
    expect((await node.golem(['wallet', 'find', '--no-wait'])).out).toBe(
      '5 %: reads the chain: block 5 of 9; golem wallet found says how far it is\n',
    )
    node.script['wallet.found'] = () => ok(seen[1] as never)
    const ended = await node.golem(['wallet', 'find'], { ended: AbortSignal.timeout(50) })
    expect(ended).toMatchObject({ code: 1, err: expect.stringContaining('[cli.ended]') })
  })

  it('found says what goes on, what was left alone and what to type', async () => {
    const found = { app: 'cd'.repeat(32), title: 'Poll\u001b[2J', state: 'accepted in block 7', restored: ['its key'], lost: ['its code'] }
    const job = { ...found, role: 'server', now: 'left alone', notes: ['no tick lists it: golem host join 3f2a9c41'] }
    const seen = { ...SEEN, state: 'done', unknown: ['an offer'], found: [job, { ...found, role: 'client', now: 'goes on', notes: [] }] }
    node.script['wallet.found'] = () => ok(seen as never)
    expect((await node.golem(['wallet', 'found'])).out.split('\n')).toEqual([
      'served: Poll[2J (accepted in block 7); left alone',
      '  ! no tick lists it: golem host join 3f2a9c41',
      '  back: its key',
      '  lost: its code',
      'used: Poll[2J (accepted in block 7); goes on',
      '  back: its key',
      '  lost: its code',
      'not known: an offer',
      '',
    ])
    node.script['wallet.found'] = () => ok({ ...SEEN, state: 'failed', message: 'no chain' } as never)
    expect((await node.golem(['wallet', 'found'])).out).toContain('It failed: no chain\nLook again with golem wallet find')
  })

  it.each<[string[], string, unknown]>([
    [['unlock'], 'wallet.unlock', { passphrase: 'old' }],
    [['phrase'], 'wallet.phrase', { passphrase: 'old' }],
    [['passphrase'], 'wallet.passphrase', { old: 'old', new: 'new' }],
    [['lock'], 'wallet.lock', {}],
    [['discard'], 'wallet.discard', {}],
  ])('%j sends %s', async (args, name, sent) => {
    node.script[name as 'wallet.lock'] = () =>
      name === 'wallet.phrase' ? ok(made) : name === 'wallet.passphrase' ? ok(null) : view('open')
    node.script['wallet.status'] = () => view('locked')
    const env = { GOLEM_PASSPHRASE: 'old', GOLEM_NEW_PASSPHRASE: 'new' }
    expect(await node.golem(['wallet', ...args], { env })).toMatchObject({ code: 0, err: '' })
    expect(done()).toEqual([{ name, args: sent }])
  })

  it.each(['unlock', 'phrase', 'passphrase', 'lock', 'confirm', 'discard'])(
    '%s without a wallet asks nothing, and says what makes one',
    async (name) => {
      node.script['wallet.status'] = () => view('none')
      const ended = await node.golem(['wallet', name], { typed: ['secret', 'secret', 'secret'] })
      expect(ended).toEqual({
        code: 1,
        out: '',
        err: 'This node has no wallet. Make one with golem wallet create, or restore one with golem wallet restore. [wallet.none]\n',
      })
      expect(done()).toEqual([])
    },
  )

  it.each([
    ['restore', 'open', 'Another one needs a node in another folder.'],
    ['restore', 'unconfirmed', 'golem wallet discard'],
    ['create', 'locked', 'Another one needs a node in another folder.'],
  ])('%s where a wallet is %s asks nothing: %s', async (name, state, next) => {
    node.script['wallet.status'] = () => view(state)
    const ended = await node.golem(['wallet', name], { typed: [PHRASE, 'secret', 'secret'] })
    expect(ended).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/^This node has a wallet already\. .*\[wallet\.exists\]\n$/),
    })
    expect(ended.err).toContain(next)
    expect(done()).toEqual([])
  })

  it('confirm of a wallet that is shut asks for no word, and says what opens it', async () => {
    node.script['wallet.status'] = () => view('unconfirmed', { asked: [3, 5], shut: true })
    const ended = await node.golem(['wallet', 'confirm'], { typed: ['able', 'above'] })
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('golem wallet unlock, then golem wallet confirm') })
    expect(ended.err).not.toContain('Word 3')
    expect(ended.err).not.toContain('started again')
  })

  it('passes a wrong passphrase on as the node says it, and tells it nobody', async () => {
    node.script['wallet.status'] = () => view('locked')
    node.script['wallet.unlock'] = () => fail('keystore.passphrase', 'The passphrase is wrong.')
    const ended = await node.golem(['wallet', 'unlock'], { typed: ['hunter2'] })
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringContaining('The passphrase is wrong. [keystore.passphrase]') })
    expect(ended.err).not.toContain('hunter2')
  })

  it('balance and receive', async () => {
    const coins = (amount: number) => ({ sats: amount, coins: 1 })
    node.script['wallet.balance'] = () =>
      ok({
        confirmed: 50_000,
        unconfirmed: 1,
        immature: 0,
        leaving: 0,
        spendable: 49_000,
        reserved: { total: 1_990, keys: coins(1_320), identities: coins(670), channels: coins(0) },
      })
    const { out } = await node.golem(['wallet', 'balance'])
    expect(out).toMatch(/^spendable +49,000 sats$/m)
    expect(out).toMatch(/^unconfirmed +1 sat$/m)
    expect(out).toMatch(/^ {2}for keys +1,320 sats$/m)
    node.script['wallet.receive'] = () => ok({ address: 'bcrt1pxyz' })
    expect(await node.golem(['wallet', 'receive'])).toEqual({ code: 0, out: 'bcrt1pxyz\n', err: '' })
  })

  it('without a command shows what there is', async () => {
    const shown = await node.golem(['wallet'])
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(await node.golem(['help', 'wallet'])).toEqual(shown)
    expect(shown.out).toContain('  wallet send        ')
    expect(await node.golem(['wallet', 'pay'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('There is no command «wallet pay»; there are wallet status'),
    })
    expect(await node.golem(['help', 'wallet', 'pay'])).toMatchObject({ code: 2 })
    expect(await node.golem(['help', 'wallet', 'send', 'all'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('«all» is one argument too many'),
    })
  })
})

const PLAN = {
  plan: 'ee'.repeat(32),
  feeRate: 2.5,
  inputs: [{ outpoint: `${'aa'.repeat(32)}:0`, value: 10_000, address: 'bcrt1pmine' }],
  outputs: [
    { address: 'bcrt1ptheirs', value: 5_000, purpose: 'payment' },
    { address: 'bcrt1pchange', value: 4_600, purpose: 'change' },
  ],
  amount: 5_000,
  fee: 400,
  vsize: 160,
  purpose: 'payment sent',
  remains: 4_600,
}

describe('golem wallet send', () => {
  beforeEach(() => {
    node.script['wallet.send'] = ({ dry }: { dry: boolean }) => ok(dry ? PLAN : { ...PLAN, txid: 'ff'.repeat(32) })
  })
  const sent = () => node.calls.map(({ args }) => args as { dry: boolean; key?: string })

  it('shows the plan, asks, and pays exactly that under a key of its own', async () => {
    const ended = await node.golem(['wallet', 'send', 'bcrt1ptheirs', '5,000 sats'], { typed: ['yes'] })
    expect(ended).toMatchObject({ code: 0, out: `Sent: transaction ${'ff'.repeat(32)}\n` })
    expect(ended.err).toContain('pays 5,000 sats, and a fee of 400 sats (160 vbytes at 2.5 sat each): payment sent')
    expect(ended.err).toMatch(/^pays +5,000 sats +bcrt1ptheirs$/m)
    expect(ended.err).toMatch(/^keeps +4,600 sats +bcrt1pchange$/m)
    expect(sent()).toEqual([
      { to: 'bcrt1ptheirs', amount: 5_000, feeRate: null, dry: true },
      { to: 'bcrt1ptheirs', amount: 5_000, feeRate: 2.5, dry: false, plan: PLAN.plan, key: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    ])
  })

  it.each<[string[], string[]]>([
    [[], ['no']],
    [[], ['']],
    [[], ['yess']],
    [[], []],
    [['--json'], []],
  ])('pays nothing without a yes: %j, typed %j', async (args, typed) => {
    const ended = await node.golem(['wallet', 'send', 'bcrt1ptheirs', '5000', ...args], { typed })
    expect(ended.code).toBe(1)
    expect(ended.out + ended.err).toContain('cli.answer')
    expect(sent().map(({ dry }) => dry)).toEqual([true])
  })

  it('only shows with --dry-run, and asks nothing with --yes', async () => {
    expect(await node.golem(['wallet', 'send', 'bcrt1ptheirs', 'all', '--dry-run'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('spendable after it: 4,600 sats'),
    })
    await node.golem(['wallet', 'send', 'bcrt1ptheirs', '0.00005btc', '--fee-rate', '3.5', '--key', 'rent', '-y'])
    expect(sent()).toEqual([
      { to: 'bcrt1ptheirs', amount: 'all', feeRate: null, dry: true },
      { to: 'bcrt1ptheirs', amount: 5_000, feeRate: 3.5, dry: true },
      { to: 'bcrt1ptheirs', amount: 5_000, feeRate: 2.5, dry: false, plan: PLAN.plan, key: 'rent' },
    ])
  })

  it.each([
    ['5.5', '«5.5» is no amount'],
    ['', 'An argument is empty'],
    ['0', '«0» is no amount'],
  ])('of «%s» is wrong usage', async (amount, message) => {
    expect(await node.golem(['wallet', 'send', 'bcrt1ptheirs', amount])).toMatchObject({ code: 2, err: expect.stringContaining(message) })
    expect(await node.golem(['wallet', 'send', 'bcrt1ptheirs', '5', '--fee-rate', 'fast'])).toMatchObject({ code: 2 })
    expect(node.calls).toEqual([])
  })

  it('says when coins changed meanwhile', async () => {
    node.script['wallet.send'] = ({ dry }: { dry: boolean }) =>
      dry ? ok(PLAN) : fail('wallet.plan', 'The coins changed. Look at the plan anew.')
    expect(await node.golem(['wallet', 'send', 'bcrt1ptheirs', '5000', '-y'])).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('[wallet.plan]'),
    })
  })
})

describe('golem wallet history and what follows', () => {
  const entry = (txid: string, height: number | null) => ({
    txid,
    at: 0,
    height,
    confirmations: 0,
    amount: height === null ? -5_400 : 10_000,
    fee: height === null ? 400 : null,
    kind: 'sent',
    purpose: 'payment sent',
    state: 'mempool',
    pays: [],
  })
  beforeEach(() => {
    node.script['wallet.history'] = () =>
      ok({ entries: [entry('abcdef'.padEnd(64, '0'), null), entry('abcd00'.padEnd(64, '1'), 7)], next: 'h7' })
  })

  it('lists transactions, and how to go on', async () => {
    const { out } = await node.golem(['wallet', 'history', '-n', '2', '--before', 'h9'])
    expect(out).toMatch(/^1970-01-01 00:00 +- +-5,400 sats +400 sats +abcdef000000… +payment sent \(mempool\)$/m)
    expect(out).toMatch(/^1970-01-01 00:00 +7 +\+10,000 sats +abcd00111111… +payment sent$/m)
    expect(out).toContain('older ones: --before h7')
    expect(node.calls).toEqual([{ name: 'wallet.history', args: { limit: 2, before: 'h9' } }])
  })

  it('bumps a payment that is named by its beginning', async () => {
    node.script['wallet.bump'] = () => ok({ txid: '99'.repeat(32), fee: 900 })
    expect(await node.golem(['wallet', 'bump', 'ABCDEF', '--fee-rate', '9'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('with a fee of 900 sats'),
    })
    expect(node.calls.at(-1)).toEqual({ name: 'wallet.bump', args: { txid: 'abcdef'.padEnd(64, '0'), feeRate: 9 } })
    expect(await node.golem(['wallet', 'bump', 'abcdee'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('No transaction of this wallet begins with abcdee'),
    })
    expect(await node.golem(['wallet', 'bump', 'abc'])).toMatchObject({ code: 2, err: expect.stringContaining('6 hex digits') })
  })

  it('rescans, and stops', async () => {
    const scan = { state: 'running', from: 5, at: 7, to: 20, percent: 13.3, found: 2 }
    node.script['wallet.rescan'] = () => ok(scan)
    node.script['wallet.rescanStop'] = () => ok(null)
    expect((await node.golem(['wallet', 'rescan', '--from', '5'])).out).toBe(
      'reading block 7 of 20, 13 %: 2 transactions of this wallet so far\n',
    )
    expect((await node.golem(['wallet', 'rescan', '--stop'])).out).toBe('No rescan goes on.\n')
    expect(node.calls).toEqual([
      { name: 'wallet.rescan', args: { from: 5 } },
      { name: 'wallet.rescanStop', args: {} },
    ])
  })
})
