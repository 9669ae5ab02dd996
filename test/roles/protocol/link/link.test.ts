/** [PROTOCOL.md 16.1] The link of an app: what is read, what is written, and what whoever writes a bad one achieves. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looksLikeLink, MOST_LINK, readLink, writeLink, type AppLink, type AppNetwork } from '../../../../roles/protocol/link/index.ts'
import { must } from '../../../../roles/protocol/result.ts'

const APP = '0123456789abcdef'.repeat(4)
const IH = 'c0ffee'.repeat(6) + 'abcd'
const START = `golem:signet/${APP}`
const codeOf = (text: string): string => {
  const read = readLink(text)
  return read.ok ? 'ok' : read.error.code
}

describe('the link of an app', () => {
  it('is read whole', () => {
    const text = `${START}?title=A%20poll%20%26%20more&ih=${IH}&at=12345&tr=udp://tracker.example:6969&tr=https://t.example/announce%3Fkey%3D1&pe=203.0.113.7:6881&pe=%5B2001:db8::1%5D:4000`
    const link: AppLink = {
      network: 'signet',
      app: APP,
      title: 'A poll & more',
      infohash: IH,
      height: 12_345,
      trackers: ['udp://tracker.example:6969', 'https://t.example/announce?key=1'],
      peers: [
        { host: '203.0.113.7', port: 6881 },
        { host: '2001:db8::1', port: 4000 },
      ],
    }
    expect(must(readLink(text))).toEqual(link)
    expect(must(writeLink(link))).toBe(text)
  })

  it('needs no hints, and passes over fields that nobody knows, and empty ones', () => {
    const bare = { network: 'signet', app: APP, trackers: [], peers: [] }
    for (const rest of ['', '?', '?&&', '?x=1&later=%ZZ&=&=5', '?constructor=1&__proto__=2'])
      expect(must(readLink(START + rest)), rest).toEqual(bare)
    expect(must(writeLink({ network: 'signet', app: APP, trackers: [], peers: [] }))).toBe(START)
  })

  it('is read as people paste it, and in upper case where a QR code likes that', () => {
    const upper = `  GOLEM:SIGNET/${APP.toUpperCase()}?Title=Poll&IH=${IH.toUpperCase()}&PE=Node.Example:1\n`
    expect(must(readLink(upper))).toMatchObject({
      app: APP,
      network: 'signet',
      title: 'Poll',
      infohash: IH,
      peers: [{ host: 'node.example', port: 1 }],
    })
    // Behind the question mark cases count where they mean something.
    expect(must(readLink(`${START}?tr=HTTP://T.example/Announce`)).trackers).toEqual(['HTTP://T.example/Announce'])
    expect(must(readLink(`${START}?title=a+b`)).title).toBe('a+b')
  })

  it.each<[string, string]>([
    ['', 'link.form'],
    ['golem', 'link.form'],
    [`golem://signet/${APP}`, 'link.form'],
    [`golems:signet/${APP}`, 'link.form'],
    [`http://signet/${APP}`, 'link.form'],
    [`golem:signet/${APP}/`, 'link.form'],
    [`golem:signet/${APP}#x`, 'link.form'],
    [`golem:signet/${APP}?title=a b`, 'link.form'],
    [`golem:signet/${APP}?title=Golëm`, 'link.form'],
    [`golem:signet/${APP}?title=a\u0000b`, 'link.form'],
    [`${START}?${'a&'.repeat(65)}`, 'link.form'],
    [`${START}?x=${'a'.repeat(MOST_LINK)}`, 'link.form'],
    [`golem:main/${APP}`, 'link.network'],
    [`golem:testnet/${APP}`, 'link.network'],
    ['golem:signet/', 'link.app'],
    [`golem:signet/${APP.slice(1)}`, 'link.app'],
    [`golem:signet/${APP}0`, 'link.app'],
    [`golem:signet/%30${APP.slice(1)}`, 'link.app'],
    [`golem:signet/${APP.slice(1)}g`, 'link.app'],
  ])('%j is refused: %s', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  it.each<[string, string]>([
    ['title=', 'title'],
    ['title', 'title'],
    ['title=a&title=a', 'title'],
    ['TITLE=a&title=b', 'title'],
    [`title=${'a'.repeat(81)}`, 'title'],
    ['title=%', 'title'],
    ['title=%ff', 'title'],
    ['title=%ED%A0%80', 'title'],
    ['title=a%00', 'title'],
    ['title=a%0Ab', 'title'],
    ['title=%E2%80%AEevil', 'title'],
    ['title=a%E2%80%8Bb', 'title'],
    ['title=a%E2%80%A8b', 'title'],
    [`ih=${IH.slice(1)}`, 'ih'],
    [`ih=${IH}&ih=${IH}`, 'ih'],
    [`ih=${IH.slice(1)}g`, 'ih'],
    ['at=-1', 'at'],
    ['at=01', 'at'],
    ['at=4294967296', 'at'],
    ['at=1e3', 'at'],
    ['at=1&at=1', 'at'],
    ['tr=', 'tr'],
    ['tr=file:///etc/passwd', 'tr'],
    ['tr=javascript:alert(1)', 'tr'],
    ['tr=http://', 'tr'],
    ['tr=http:///x', 'tr'],
    ['tr=http://user@t.example/', 'tr'],
    ['tr=http://t.example/%23x', 'tr'],
    ['tr=http://t.example:99999/', 'tr'],
    ['tr=http://t.example:0/', 'tr'],
    ['tr=http://t.example%0d%0aX:1/', 'tr'],
    ['tr=http://2130706433/', 'tr'],
    ['tr=http://0x7f000001/', 'tr'],
    [`tr=http://t.example/${'a'.repeat(200)}`, 'tr'],
    [Array(9).fill('tr=http://t.example/').join('&'), 'tr'],
    ['pe=t.example', 'pe'],
    ['pe=t.example:', 'pe'],
    ['pe=t.example:0', 'pe'],
    ['pe=t.example:65536', 'pe'],
    ['pe=t.example:080', 'pe'],
    ['pe=:80', 'pe'],
    ['pe=2001:db8::1:80', 'pe'],
    ['pe=%5B2001:db8::1:80', 'pe'],
    ['pe=%5B1::2::3%5D:80', 'pe'],
    ['pe=%5B1:2:3:4:5:6:7:8:9%5D:80', 'pe'],
    ['pe=%5Bfe80::1%25eth0%5D:80', 'pe'],
    ['pe=256.1.1.1:80', 'pe'],
    ['pe=127.1:80', 'pe'],
    ['pe=a..b:80', 'pe'],
    ['pe=-a:80', 'pe'],
    ['pe=a/b:80', 'pe'],
    [`pe=${'a'.repeat(64)}:80`, 'pe'],
    [Array(9).fill('pe=a:1').join('&'), 'pe'],
  ])('with %s is refused, and the refusal names the field: %s', (query, field) => {
    const read = readLink(`${START}?${query}`)
    expect(read).toMatchObject({ ok: false, error: { code: `link.${field}`, details: { field } } })
  })

  it('takes the longest things that may stand there', () => {
    const tracker = `http://t.example/${'a'.repeat(183)}`
    const read = must(
      readLink(`${START}?title=${'%F0%9F%97%BF'.repeat(80)}&at=4294967295&tr=${tracker}&pe=${'a'.repeat(63)}.b:65535&pe=%5B::%5D:1`),
    )
    expect([...read.title!]).toHaveLength(80)
    expect(read).toMatchObject({ height: 0xffff_ffff, trackers: [tracker], peers: [{ port: 65_535 }, { host: '::', port: 1 }] })
  })

  it('leaves hints out that do not fit: peers first, then trackers, the last first', () => {
    const trackers = Array.from({ length: 8 }, (_, i) => `http://${i}.example/${'a'.repeat(180)}`)
    const peers = Array.from({ length: 8 }, (_, i) => ({ host: `p${i}.example`, port: 1 }))
    const link: AppLink = { network: 'mainnet', app: APP, title: '🗿'.repeat(60), trackers, peers }
    const text = must(writeLink(link))
    expect(text.length).toBeLessThanOrEqual(MOST_LINK)
    const read = must(readLink(text))
    expect(read.peers).toEqual([])
    expect(read.trackers.length).toBeGreaterThan(3)
    expect(read.trackers).toEqual(trackers.slice(0, read.trackers.length))
  })

  it.each<[Partial<AppLink>, string]>([
    [{ title: '' }, 'link.title'],
    [{ title: '\ud800' }, 'link.title'],
    [{ title: 'x'.repeat(9_000) }, 'link.title'],
    [{ infohash: 'x' }, 'link.ih'],
    [{ height: -1 }, 'link.at'],
    [{ height: 1.5 }, 'link.at'],
    [{ trackers: ['http://t.example/#'] }, 'link.tr'],
    [{ peers: [{ host: 'a b', port: 1 }] }, 'link.pe'],
    [{ peers: [{ host: 'a', port: 0 }] }, 'link.pe'],
    [{ app: 'x' }, 'link.app'],
    [{ network: 'main' as AppNetwork }, 'link.network'],
  ])('is not written with %j', (part, code) => {
    expect(writeLink({ network: 'signet', app: APP, trackers: [], peers: [], ...part })).toMatchObject({ ok: false, error: { code } })
  })

  it('is not looked into when it is too long', () => {
    expect(codeOf(' '.repeat(10_000_000))).toBe('link.form')
    expect(codeOf(`${START}?${'&'.repeat(10_000_000)}`)).toBe('link.form')
  })

  it('is known by its beginning', () => {
    for (const text of [START, ' GOLEM:x', 'golem:']) expect(looksLikeLink(text), text).toBe(true)
    for (const text of [APP, 'golem', 'My golem: a poll', '']) expect(looksLikeLink(text), text).toBe(false)
  })
})

const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((of) => Buffer.from(of).toString('hex'))
const host = fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::7', 'fe80::1:2'), fc.constantFrom('a', 'node.example', 'x-1.y2.example'))
const title = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 40 })
  .filter((text) => text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))
const links: fc.Arbitrary<AppLink> = fc.record(
  {
    network: fc.constantFrom<AppNetwork>('sandbox', 'regtest', 'signet', 'testnet4', 'mainnet'),
    app: hex(32),
    trackers: fc.array(fc.constantFrom('udp://t.example:1', 'http://t.example/a?b=c&d=%41', 'wss://[2001:db8::1]:5/x'), { maxLength: 3 }),
    peers: fc.array(fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) }), { maxLength: 3 }),
    title,
    infohash: hex(20),
    height: fc.integer({ min: 0, max: 0xffff_ffff }),
  },
  { requiredKeys: ['network', 'app', 'trackers', 'peers'] },
)

describe('any link', () => {
  it('is read as it was written, and is written in one form', () => {
    fc.assert(
      fc.property(links, (link) => {
        const text = must(writeLink(link))
        expect(text).toMatch(/^[A-Za-z0-9:/?&=%._~-]+$/)
        expect(must(readLink(text))).toEqual(link)
        const [front, query] = text.split('?')
        expect(must(readLink(`${front!.toUpperCase()}${query === undefined ? '' : `?${query}`}`))).toEqual(link)
      }),
    )
  })

  it('that was changed anywhere, and any text, is read or refused with a code of the link, and what is read can be written', () => {
    const some = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.tuple(links, fc.nat(), fc.string({ unit: 'binary', maxLength: 4 })).map(([link, at, text]) => {
        const whole = must(writeLink(link))
        const place = at % whole.length
        return whole.slice(0, place) + text + whole.slice(place + 1)
      }),
      fc.string({ unit: 'binary', maxLength: 60 }).map((text) => `${START}?tr=${encodeURIComponent(text.toWellFormed())}`),
      fc.string({ maxLength: 30 }).map((text) => `${START}?pe=${encodeURIComponent(text)}:80`),
    )
    fc.assert(
      fc.property(some, (text) => {
        const read = readLink(text)
        if (read.ok) expect(must(readLink(must(writeLink(read.value))))).toEqual(read.value)
        else expect(read.error.code).toMatch(/^link\.(form|network|app|title|ih|at|tr|pe)$/)
      }),
      { numRuns: 1_000 },
    )
  })
})
