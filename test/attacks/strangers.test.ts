/** What anybody may send: messages that nest too deep, documents that are anchored a second time. */
import { describe, expect, it } from 'vitest'
import { concatBytes, uint32, utf8 } from '../../roles/protocol/bytes.ts'
import { readMessage, shownMessage } from '../../roles/protocol/requests/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { startFollowing, followBlock, followMissing, scriptOf } from '../../roles/protocol/ticks/index.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { crypto, makeAcceptance } from '../roles/supervisor/actors.ts'
import { auditTown, openTown } from '../roles/supervisor/town.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

describe('a server', () => {
  it('refuses a message that nests deep, and does not fall over it', () => {
    const deep = utf8(`${'['.repeat(200_000)}${']'.repeat(200_000)}`)
    expect(readMessage('shown', shownMessage, concatBytes(uint32(deep.length), deep))).toMatchObject({
      ok: false,
      error: { code: 'shown.schema', details: { field: 'shown.caller' } },
    })
  })
})

describe('a Supervisor', () => {
  it('does not move a server back when a stranger anchors its old acceptance again', async () => {
    const town = await openTown('moved')
    const { cast } = town
    const server = cast.servers[0]!
    const { type: _type, v: _v, by: _by, sig: _sig, ...fields } = makeAcceptance(cast, server, town.offer.sha256).body
    const pays = [cast.master.publicKey]
    const [old, current] = ['old.example', 'new.example'].map((host) =>
      signDocument(crypto, 'acceptance', { ...fields, host }, server, cast.random(32)),
    )
    for (const document of [old!, current!, old!]) {
      town.anchor(document, { pays })
      await town.mine()
    }
    await town.mineTo(3)
    const listed = town.ticks.map(({ document }) => document.body.servers.find(({ id }) => id === server.publicKey)!.host)
    expect([listed[0], listed.at(-1)]).toEqual(['localhost', 'new.example'])
    expect(town.ticks.flatMap(({ document }) => document.body.summary.verdicts.map(({ outcome }) => outcome)).slice(4)).toEqual([
      'accepted',
      'accepted',
      'acceptance.known',
    ])
    expect((await auditTown(town)).ticks.flatMap(({ problems }) => problems)).toEqual([])
  })
})

describe('whoever follows an app', () => {
  it('never asks for ticks and revocations that a stranger anchors', () => {
    const [master, signer] = [keyPair(seeded('master')).publicKey, keyPair(seeded('signer')).publicKey]
    const anchor = (byte: string, type: 'offer' | 'tick' | 'revocation', money: object): AnchoredTransaction => ({
      txid: byte.repeat(32),
      height: 1,
      position: 0,
      anchor: { type, sha256: byte.repeat(32), infohash: byte.repeat(20), ...(type === 'tick' ? { number: 0 } : {}) },
      first: '',
      spends: [],
      pays: [],
      ...money,
    })
    const pays = (key: string) => [
      { script: '6a', value: 0 },
      { script: scriptOf(key)!, value: 330 },
    ]
    const begun = followBlock(startFollowing('cc'.repeat(32), master, [signer]), [anchor('cc', 'offer', { pays: pays(signer) })])
    const fake = followBlock(begun.following, [
      anchor('aa', 'tick', { pays: pays(signer) }),
      anchor('ab', 'tick', { pays: pays(signer), first: `${'aa'.repeat(32)}:1` }),
    ])
    expect(fake.fetch).toEqual([])
    const own = followBlock(fake.following, [anchor('bb', 'tick', { first: `${'cc'.repeat(32)}:1` })])
    let { following } = followBlock(own.following, [anchor('dd', 'revocation', { pays: pays(master) })])
    const asked = { tick: own.fetch.length, revocation: 0 }
    for (let block = 0; block < 200; block++) {
      for (const reference of [following.lines[0]!.ticks[0]!.reference, ...following.expected.map((one) => one.reference)])
        following = followMissing(following, reference, { message: 'slow', retryable: true })
      const next = followBlock(following, [])
      following = next.following
      for (const { documentType } of next.fetch) asked[documentType as 'tick']++
    }
    expect(asked).toEqual({ tick: 201, revocation: 0 })
  })
})
