import { describe, expect, it } from 'vitest'
import { swarmSettings } from '../../main/core/settings.ts'
import { changedTerms, newTerms } from '../../main/core/supervisor/terms.ts'
import { check } from '../../roles/program/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { fastCrypto } from '../../main/adapters/crypto/fast.ts'
import { supervisor } from '../simulation/network/world.ts'
import { keyPair } from '../tools/seeded.ts'

const guestbook = must(check(supervisor(3).publish!.program))

describe('the terms of an app', () => {
  it('have defaults, with which it can be published, and take what its author chooses', () => {
    expect(must(newTerms(guestbook, undefined)).title).toBe('guestbook')
    expect(must(newTerms(guestbook, 'Visitors', { tickBlocks: 5 }))).toMatchObject({ title: 'Visitors', tickBlocks: 5, perRequest: 10 })
  })

  it('stay as they were but for what is changed, and lanes follow from the servers of a new app alone', () => {
    const terms = must(newTerms(guestbook, undefined, { minimumServers: 12, witnesses: 1 }))
    expect(must(changedTerms(terms, { minimumServers: 9 }))).toEqual({ ...terms, minimumServers: 9 })
    expect(must(newTerms(guestbook, undefined, { minimumServers: 12 })).witnesses).toBeUndefined()
  })

  it.each([
    ['confirmations', 101],
    ['tickBlocks', 2017],
    ['joinBlocks', 2017],
    ['minimumServers', 10_001],
    ['perRequest', 2_100_000_000_000_001],
    ['trackers', ['x'.repeat(301)]],
    ['trackers', Array.from({ length: 11 }, () => 'http://127.0.0.1:1/announce')],
    ['colour', 'red'],
  ])('are refused where no offer could say them, by name: %s', (name, value) => {
    const refused = newTerms(guestbook, undefined, { [name]: value })
    expect(refused).toMatchObject({ ok: false, error: { code: 'publish.terms' } })
    expect(refused.ok ? '' : refused.error.message).toContain(name)
  })
})

describe('a document', () => {
  it('is not signed when nobody would open it, and the refusal names the field', () => {
    const signer = keyPair((length) => new Uint8Array(length).fill(7))
    expect(() => signDocument(fastCrypto, 'grant', { key: 'no key', note: '' }, signer, new Uint8Array(32))).toThrow('grant.key')
  })
})

describe('how a node finds others', () => {
  const alone = { trackers: [], dht: false, lsd: false }

  it.each([
    [{ dht: true, port: 6881 }],
    [{ dht: { bootstrap: [] } }],
    [{ dht: { bootstrap: ['10.1.2.3:7001', 'table.example.org:65535'] } }],
    [{ trackers: ['udp://tracker.example.org:80', 'https://tracker.example.org/announce'] }],
  ])('is %j', (change) => expect(swarmSettings.safeParse({ ...alone, ...change }).success).toBe(true))

  it.each([
    [{ dht: { bootstrap: ['10.1.2.3'] } }],
    [{ dht: { bootstrap: ['10.1.2.3:0'] } }],
    [{ dht: { bootstrap: ['10.1.2.3:65536'] } }],
    [{ dht: { bootstrap: ['[::1]:7001'] } }],
    [{ dht: { bootstrap: Array.from({ length: 21 }, () => '10.1.2.3:1') } }],
    [{ trackers: ['file:///etc/passwd'] }],
    [{ trackers: ['http://user@tracker.example.org/announce'] }],
    [{ trackers: ['tracker.example.org'] }],
    [{ port: 65_536 }],
  ])('is refused as %j', (change) => expect(swarmSettings.safeParse({ ...alone, ...change }).success).toBe(false))
})
