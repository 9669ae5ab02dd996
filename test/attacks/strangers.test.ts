/** What anybody may send: messages that nest too deep, documents that are anchored a second time. */
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../roles/protocol/bytes.ts'
import { envelopeMessage } from '../../roles/protocol/requests/index.ts'
import type { AnchoredTransaction } from '../../roles/protocol/events.ts'
import { startFollowing, followBlock, followMissing, scriptOf } from '../../roles/protocol/ticks/index.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { readMessage } from '../../roles/server/json.ts'
import { crypto, makeAcceptance } from '../roles/supervisor/actors.ts'
import { openTown } from '../roles/supervisor/town.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

describe('a server', () => {
  it('refuses a message that nests deep, and does not fall over it', () => {
    const deep = `{"caller":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(readMessage('envelope', envelopeMessage, utf8(deep))).toMatchObject({ ok: false })
  })
})

describe('a Supervisor', () => {
  it('does not move a server back when a stranger anchors its old acceptance again', async () => {
    const town = await openTown('moved')
    const { cast } = town
    const server = cast.servers[0]!
    const { type: _type, v: _v, by: _by, sig: _sig, ...fields } = makeAcceptance(cast, server, town.offer.sha256).body
    const pays = [cast.supervisor.publicKey]
    const [old, current] = ['old.example', 'new.example'].map((host) =>
      signDocument(crypto, 'acceptance', { ...fields, host }, server, cast.random(32)),
    )
    for (const document of [old!, current!, old!]) {
      town.anchor(document, { pays })
      await town.mine()
    }
    expect(town.state().servers.find(({ id }) => id === server.publicKey)!.host).toBe('new.example')
  })
})

describe('whoever follows an app', () => {
  it("stops asking for ticks that a stranger only pretends to have, and never for those that spend from the Supervisor's key", () => {
    const [master, signer] = [keyPair(seeded('master')).publicKey, keyPair(seeded('signer')).publicKey]
    const anchor = (byte: string, money: object): AnchoredTransaction => ({
      txid: byte.repeat(32),
      height: 1,
      position: 0,
      anchor: { type: 'tick', sha256: byte.repeat(32), infohash: byte.repeat(20) },
      spends: [],
      pays: [],
      ...money,
    })
    const fake = anchor('aa', { pays: [{ script: scriptOf(signer)!, value: 330 }] })
    const own = anchor('bb', { spends: [scriptOf(signer)!] })
    let following = followBlock(startFollowing('cc'.repeat(32), master, [signer]), [fake, own]).following
    for (let block = 0; block < 200; block++) {
      for (const { reference } of following.expected) following = followMissing(following, reference, true)
      following = followBlock(following, []).following
    }
    expect(following.expected.map(({ reference }) => reference.sha256)).toEqual(['bb'.repeat(32)])
  })
})
