/** `golem publish …`, `host …`, `use …`, `call` and `approve`: what a person does with apps. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commands } from '../../../../main/hosts/cli/main.ts'
import { fail, ok, type Result } from '../../../../roles/protocol/result.ts'
import { answered, guestbookDocument } from '../golem.ts'
import { engagement, OVERVIEW, requestView, startNode, write, type NodeDouble, type Script } from './world.ts'

let node: NodeDouble
beforeEach(async () => {
  node = await startNode()
})
afterEach(() => node.close())

const ID = '1a'.repeat(32)
const REQUEST = '3c'.repeat(32)
const lastCall = () => node.calls.at(-1)

describe('what is sent', () => {
  it.each<[string[], keyof Script, unknown, unknown]>([
    [['publish', 'update', 'poll', '-t', 'perRequest=30'], 'publish.update', { app: 'poll', terms: { perRequest: 30 } }, { offer: 'ab' }],
    [['publish', 'update', '--title', 'New'], 'publish.update', { title: 'New' }, { offer: 'ab' }],
    [['publish', 'pause'], 'publish.pause', {}, null],
    [['publish', 'resume', 'poll'], 'publish.resume', { app: 'poll' }, null],
    [
      ['publish', 'replace-key', 'poll', '-m', 'stolen', '-y'],
      'publish.replaceKey',
      { app: 'poll', reason: 'stolen' },
      { offer: 'o', key: 'k' },
    ],
    [['publish', 'take-back', '-m', 'bad', '--tick', '4', '-y'], 'publish.takeBack', { reason: 'bad', tick: 4 }, { good: 4, key: 'k' }],
    [
      ['publish', 'take-back', '-m', 'bad', '--shows-sha256', 'ab'.repeat(32), '--shows-infohash', 'cd'.repeat(20), '-y'],
      'publish.takeBack',
      { reason: 'bad', shows: { sha256: 'ab'.repeat(32), infohash: 'cd'.repeat(20) } },
      { good: null, key: 'k' },
    ],
    [['publish', 'retire', 'poll', '-m', 'old', '-y'], 'publish.retire', { app: 'poll', reason: 'old' }, null],
    [['host', 'join', '3f2a'], 'host.join', { offer: '3f2a' }, { id: ID }],
    [['host', 'decline', '3f2a'], 'host.decline', { offer: '3f2a' }, null],
    [['host', 'leave', 'poll'], 'host.leave', { app: 'poll' }, null],
    [['host', 'leave', '--now'], 'host.leave', { now: true }, null],
    [['host', 'pause', 'poll'], 'host.pause', { app: 'poll' }, null],
    [['host', 'resume'], 'host.resume', {}, null],
    [['use', 'golem:regtest/ab'], 'use', { app: 'golem:regtest/ab' }, { id: ID }],
    [['use', 'poll', '--read-only'], 'use', { app: 'poll', register: false }, { id: ID }],
    [['use', 'leave', 'poll'], 'use.leave', { app: 'poll' }, null],
    [['use', 'pause'], 'use.pause', {}, null],
    [
      ['use', 'reserve', 'posts', '4', '-a', 'poll'],
      'use.reserve',
      { app: 'poll', collection: 'posts', count: 4 },
      { reserved: 1, free: 2, coming: 3 },
    ],
    [
      ['use', 'key', 'AB'.repeat(32)],
      'use.keyValue',
      { key: 'ab'.repeat(32) },
      { collection: 'posts', owner: 'o', fields: null, txid: 't', height: 1, counted: null },
    ],
    [
      ['read', 'posts'],
      'use.read',
      { collection: 'posts', index: 'key', equals: [], limit: 50, descending: false },
      { tick: 4, rows: [], proved: true },
    ],
    [
      ['read', 'posts', 'byTopic', 'cats', '7', '--from', '1', '--to', 'z', '-n', '9', '--descending', '-a', 'poll'],
      'use.read',
      { app: 'poll', collection: 'posts', index: 'byTopic', equals: ['cats', 7], from: 1, to: 'z', limit: 9, descending: true },
      { tick: 4, count: 3, rows: [], proved: true },
    ],
    [
      ['call', 'vote', '--no-wait', '-a', 'poll', '-r', '{"choice":1}'],
      'use.request',
      { app: 'poll', endpoint: 'vote', arguments: { choice: 1 } },
      { id: REQUEST },
    ],
  ])('golem %j', async (args, name, sent, answer) => {
    node.script[name] = () => ok(answer)
    expect(await node.golem(args)).toMatchObject({ code: 0, err: '' })
    expect(node.calls).toEqual([{ name, args: sent }])
    expect(answered(await node.golem([...args, '--json']))).toEqual({ ok: true, value: answer === null ? null : answer })
  })

  it.each<[string[], string]>([
    [['publish', 'update', 'poll'], 'Say what is new'],
    [['publish', 'retire', 'poll', '-y'], 'Say why'],
    [['publish', 'take-back', '-m', 'bad', '--shows-sha256', 'ab'], 'are given together'],
    [['publish', 'update', '-t', 'perRequest'], '--term must be a name and a value'],
    [['use', 'reserve', 'posts', '0'], 'from 1 to 64, not «0»'],
    [['use', 'reserve', 'posts', 'many'], 'from 1 to 64, not «many»'],
    [['use', 'key', 'abc'], 'A key is 64 hex digits'],
    [['call', 'vote', '-r', '[]'], '--request must be a JSON object'],
    [['call', 'vote', '-r', '{'], '--request is not JSON'],
    [['call'], 'golem call needs: <endpoint>'],
    [['host'], 'Commands of golem host'],
    [['host', 'serve'], 'There is no command «host serve»'],
    [['approve', 'xyz'], '«xyz» is no request'],
    [['approve', 'abcd'], 'No request begins with abcd'],
    [['approve'], 'No request is in the state «review»'],
  ])('golem %j is wrong usage', async (args, message) => {
    const ended = await node.golem(args)
    expect(ended.out + ended.err).toContain(message)
    expect(ended.code).toBe(args.length === 1 && args[0] === 'host' ? 0 : 2)
    expect(node.calls.filter(({ name }) => name !== 'overview')).toEqual([])
  })

  it.each([
    ['publish', 'retire', '-m', 'old'],
    ['publish', 'replace-key', '-m', 'old'],
    ['publish', 'take-back', '-m', 'old'],
  ])('golem %s %s asks before, and does nothing without a yes', async (...args) => {
    for (const typed of [[], ['no']])
      expect(await node.golem(args, { typed })).toMatchObject({ code: 1, err: expect.stringContaining('[cli.answer]') })
    expect(node.calls).toEqual([])
  })
})

describe('golem publish', () => {
  it('checks the program before it is sent, and takes terms from a file and by name', async () => {
    node.script.publish = () => ok({ id: ID })
    write(node.home, 'terms.json', '{"perRequest":5,"work":{"client":10,"server":11}}')
    const ended = await node.golem([
      'publish',
      guestbookDocument,
      '--terms',
      'terms.json',
      '-t',
      'work.client=12',
      '-t',
      'region=eu',
      '--title',
      'Guests',
    ])
    expect(ended).toEqual({ code: 0, out: 'Published as 1a1a1a1a. golem status says how far it is.\n', err: '' })
    expect(lastCall()).toMatchObject({
      name: 'publish',
      args: { title: 'Guests', terms: { perRequest: 5, work: { client: 12, server: 11 }, region: 'eu' }, program: { name: 'guestbook' } },
    })
    node.calls.length = 0
    write(node.home, 'bad.json', '{"name":"x"}')
    expect(await node.golem(['publish', 'bad.json'])).toMatchObject({ code: 1, err: expect.stringContaining('[program.') })
    write(node.home, 'list.json', '[]')
    expect(await node.golem(['publish', guestbookDocument, '--terms', 'list.json'])).toMatchObject({ code: 2 })
    expect(node.calls).toEqual([])
  })
})

/** The node's view changes step by step, each told as an event. */
function playing(steps: Array<Partial<typeof OVERVIEW>>): void {
  const answer = node.script.overview!
  let at = 0
  node.script.overview = () => {
    node.script.overview = answer
    node.show(steps[0]!)
    const next = (): void => {
      if (++at < steps.length) node.show(steps[at]!)
      if (at < steps.length - 1) setTimeout(next, 1)
    }
    setTimeout(next, 1)
    return answer({} as never)
  }
}
const engaged = (state: string, detail = '') => ({ engagements: [engagement({ state, detail })] })

describe('waiting', () => {
  it('shows what goes on, a line each where there is no terminal, and ends when it is there', async () => {
    node.script['host.join'] = () => ok({ id: ID })
    playing([{}, engaged('grinding', 'half way'), engaged('publishing'), engaged('serving')])
    const ended = await node.golem(['host', 'join', '3f2a', '--wait'])
    expect(ended).toEqual({ code: 0, out: 'Our poll is served.\n', err: 'beginning\ngrinding: half way\npublishing: \n' })
  })

  it('draws one line on a terminal, and takes it away', async () => {
    node.script['host.join'] = () => ok({ id: ID })
    playing([engaged('grinding', 'half way'), engaged('serving')])
    const ended = await node.golem(['host', 'join', '3f2a', '--wait'], { columns: 60 })
    expect(ended.err).toBe('\r\u001b[Kgrinding: half way\r\u001b[K')
  })

  it('ends with the reason where it never comes', async () => {
    node.script['host.join'] = () => ok({ id: ID })
    playing([engaged('grinding'), engaged('failed', 'the offer is broken')])
    expect(await node.golem(['host', 'join', '3f2a', '-w'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('It is failed: the offer is broken [engagement.failed]'),
    })
  })

  it('ends with Ctrl+C, and what was begun goes on', async () => {
    node.script['host.join'] = () => ok({ id: ID })
    const end = new AbortController()
    node.script.overview = () => {
      setTimeout(() => end.abort(), 1)
      return ok({ ...OVERVIEW, ...engaged('grinding') })
    }
    expect(await node.golem(['host', 'join', '3f2a', '-w'], { ended: end.signal })).toMatchObject({
      code: 1,
      err: expect.stringContaining('[cli.ended]'),
    })
  })

  it('ends when the node refuses', async () => {
    node.script['host.join'] = () => ok({ id: ID })
    node.script.overview = () => fail('wallet.locked', 'The wallet is locked.')
    expect(await node.golem(['host', 'join', '3f2a', '-w'])).toMatchObject({ code: 1, err: expect.stringContaining('[wallet.locked]') })
  })

  it('of an app that is used ends when it can be used', async () => {
    node.script.use = () => ok({ id: ID })
    const used = (state: 'registering' | 'ready', tick: object | null) => ({
      apps: [{ id: ID, app: { title: 'Our poll' }, tick, actor: { state, work: 'finding the proof of work, 40 %' } }] as never,
    })
    playing([{}, used('registering', null), used('ready', null)])
    expect(await node.golem(['use', 'poll', '-w'])).toEqual({
      code: 0,
      out: 'Our poll is ready.\n',
      err: 'beginning\nfinding the proof of work, 40 %\n',
    })
    playing([used('registering', null), used('registering', {})])
    expect(await node.golem(['use', 'poll', '-w', '--read-only'])).toMatchObject({ code: 0, out: 'Our poll is ready.\n' })
  })
})

const write1 = {
  collection: 'votes',
  key: 'dd'.repeat(32),
  fields: { choice: 'cats', who: 'ann\u001b[2J' },
  explained: {},
  flags: ['who'],
  rules: ['one vote each'],
}
const asked = requestView({ writes: [write1], response: { thanks: true }, fee: 300 })

describe('a request', () => {
  it('is sent, and shown with what it would write; nothing is published', async () => {
    node.script['use.request'] = () => ok({ id: REQUEST })
    playing([{}, { requests: [requestView({ state: 'sending', waiting: 'two servers of three' })] }, { requests: [asked] }])
    const { out, code, err } = await node.golem(['call', 'vote', '-r', '{}'])
    expect(code).toBe(0)
    expect(err).toBe('sending\ntwo servers of three\n')
    expect(out).toContain('request 3c3c3c3c: vote, review\nanswer: {"thanks":true}\n')
    expect(out).toContain(
      'would write votes dddddddd, for everybody to read:\n  choice: cats\n  who: ann[2J\n  ! nothing that you gave explains who\n  ! one vote each\n',
    )
    expect(out).toContain('golem approve 3c3c3c3c publishes this')
    expect(node.calls.map(({ name }) => name)).not.toContain('use.approve')
  })

  it('that fails says why', async () => {
    node.script['use.request'] = () => ok({ id: REQUEST })
    playing([{ requests: [requestView({ state: 'failed', error: { code: 'client.servers', message: 'Too few servers.' } })] }])
    expect(await node.golem(['call', 'vote'])).toMatchObject({ code: 1, err: 'Too few servers. [client.servers]\n' })
  })

  it.each<[string[], string[], boolean]>([
    [['approve', '3c3c', '-y'], [], true],
    [['approve'], ['y'], true],
    [['approve', '3C3C3C3C'], ['yes'], true],
    [['approve'], ['n'], false],
    [['approve'], [], false],
    [['approve', '--json'], [], false],
  ])('golem %j, typed %j, is approved: %s', async (args, typed, approves) => {
    node.script.overview = () => ok({ ...OVERVIEW, requests: [asked] })
    node.script['use.approve'] = () => ok({ txid: 'ff'.repeat(32) })
    const ended = await node.golem(args, { typed })
    expect(ended.code).toBe(approves ? 0 : 1)
    expect(node.calls.filter(({ name }) => name === 'use.approve')).toEqual(
      approves ? [{ name: 'use.approve', args: { id: REQUEST } }] : [],
    )
    if (!args.includes('--json')) expect(ended.err).toContain('would write votes')
  })

  it('is approved in the same breath with --approve, and waited for until a tick counts it', async () => {
    node.script['use.request'] = () => ok({ id: REQUEST })
    let approved = false
    node.script['use.approve'] = () => {
      approved = true
      return ok({ txid: 'ff'.repeat(32) })
    }
    node.script.overview = () => ok({ ...OVERVIEW, requests: [approved ? requestView({ state: 'counted', tick: 9 }) : asked] })
    expect(await node.golem(['call', 'vote', '--approve', '-y', '-w'])).toMatchObject({ code: 0, out: 'Counted in tick 9.\n' })
    approved = false
    node.script.overview = () =>
      ok({ ...OVERVIEW, requests: [approved ? requestView({ state: 'rejected', waiting: 'somebody was faster' }) : asked] })
    expect(await node.golem(['approve', '-y', '-w'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('It is rejected: somebody was faster [client.rejected]'),
    })
  })

  it('is to be named where several could be meant', async () => {
    node.script.overview = () => ok({ ...OVERVIEW, requests: [asked, requestView({ id: '3c3d'.padEnd(64, '0') })] })
    expect(await node.golem(['refuse'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Several requests are in the state «review»'),
    })
    node.script['use.refuse'] = () => ok(null)
    expect(await node.golem(['refuse', '3c3d'])).toMatchObject({ code: 0, out: 'Dropped.\n' })
    expect(lastCall()).toEqual({ name: 'use.refuse', args: { id: '3c3d'.padEnd(64, '0') } })
    expect((await node.golem(['requests'])).out).toMatch(/^3c3d0000 +vote +review/m)
    expect((await node.golem(['requests', '3c3c'])).out).toContain('request 3c3c3c3c: vote, review')
    expect((await node.golem(['status'])).out).toContain('2 requests wait for approval')
  })

  it.each<[string[], keyof Script, unknown, Result<unknown>]>([
    [['bump', '3c3c', '--fee-rate', '7'], 'use.bump', { id: REQUEST, feeRate: 7 }, ok({ txid: 't', fee: 9 })],
    [['again', '3c3c'], 'use.again', { id: REQUEST }, ok({ id: '4d'.repeat(32) })],
    [['dispute', '3c3c', '-y'], 'use.dispute', { id: REQUEST }, ok({ txid: 't' })],
  ])('golem %j', async (args, name, sent, answer) => {
    node.script.overview = () => ok({ ...OVERVIEW, requests: [asked] })
    node.script[name] = () => answer
    expect(await node.golem(args)).toMatchObject({ code: 0 })
    expect(lastCall()).toEqual({ name, args: sent })
  })
})

describe('what is shown', () => {
  it('offers, best paid first, as the node orders them', async () => {
    const offer = {
      id: 'ab'.repeat(32),
      app: '',
      master: '',
      title: 'Poll \u202eevil',
      perRequest: 1_200,
      workBits: 20,
      height: 7,
      supersedes: false,
      minimumServers: 3,
      tickBlocks: 6,
      state: 'open',
    }
    node.script['host.offers'] = () => ok([offer])
    expect((await node.golem(['offers'])).out).toMatch(/^abababab +1,200 sats +2\^20 +3 +7 +open +Poll evil$/m)
    node.script['host.offers'] = () => ok([])
    expect((await node.golem(['offers'])).out).toBe('No job offer was seen on the chain yet.\n')
  })

  it('an app before it is used', async () => {
    const known = {
      app: 'ab'.repeat(32),
      title: 'Our poll',
      doc: 'Votes.',
      master: 'cd'.repeat(32),
      height: 7,
      link: `golem:regtest/${'ab'.repeat(32)}`,
      perRequest: 20,
      workBits: 18,
      tickBlocks: 6,
      endpoints: [
        {
          name: 'vote',
          doc: 'Votes once.',
          fields: [{ name: 'choice', type: 'text' }],
          observations: [{ name: 'count', sees: ['choice'] }],
        },
      ],
      collections: [{ name: 'votes', fields: ['choice'], doc: '', indices: [], references: {} }],
    }
    node.script['use.find'] = () => ok(known)
    const { out } = await node.golem(['find', 'poll'])
    expect(out).toContain('price    20 sats a request (promised: nobody settles it yet); joining costs about 2^18 hashes and a transaction')
    expect(out).toContain('vote(choice: text)  Votes once.\n  count sees choice')
  })

  it('rows, and an audit that fails is exit code 1', async () => {
    node.script['use.read'] = () =>
      ok({ tick: 4, root: '', proved: true, local: true, rows: [{ $key: 'ab'.repeat(32), text: 'hi', n: 1 }] })
    expect((await node.golem(['read', 'posts'])).out).toBe('text  n  $key\nhi    1  abababab\n\n1 row (tick 4, proved)\n')
    const ticks = [{ number: 0, expected: 'a', computed: 'b', equal: false, problems: ['a secret is missing'] }]
    node.script['use.audit'] = () => ok({ ok: false, ticks, ms: 1_234, stopped: 'a file is gone' })
    expect(await node.golem(['audit'])).toEqual({
      code: 1,
      out: '1 tick replayed from chain and swarm in 1.2 s: NOT in order\ntick 0: the root is not what its updates make\ntick 0: a secret is missing\nit ends early: a file is gone\n',
      err: '',
    })
    node.script['use.audit'] = () => ok({ ok: true, ticks: [], ms: 5 })
    expect(await node.golem(['audit'])).toMatchObject({ code: 0 })
  })

  it('what the node takes part in', async () => {
    node.script.overview = () =>
      ok({
        ...OVERVIEW,
        node: { ...OVERVIEW.node, wallet: 'locked', problems: ['host.jobs is not a number'] },
        chain: { ...OVERVIEW.chain, available: false, reason: 'it is away' },
        ...engaged('serving', '3 requests'),
      })
    const { out } = await node.golem(['status'])
    expect(out).toContain('chain    not available: it is away\nwallet   locked: golem wallet unlock\nproblem  host.jobs is not a number\n')
    expect(out).toMatch(/^1a1a1a1a +hosts +Our poll +serving +3 requests$/m)
  })
})

it('there is a command for everything that a person does with a node', () => {
  const names = commands.map(({ name }) => name)
  for (const name of ['status', 'wallet send', 'publish', 'host join', 'use', 'call', 'approve', 'audit', 'log', 'settings set', 'offers'])
    expect(names).toContain(name)
})
