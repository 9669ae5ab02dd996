/** One accepted server whose X25519 key has small order: whoever chose it could compose nothing, and was told that this is final. */
import { PROTOCOL_VERSION } from '../../roles/protocol/version.ts'
import { describe, expect, it } from 'vitest'
import { composeRequest } from '../../roles/client/index.ts'
import { fromHex, toHex } from '../../roles/protocol/bytes.ts'
import { canonicalBytes } from '../../roles/protocol/canonical.ts'
import { isX25519Key } from '../../roles/protocol/crypto/index.ts'
import { openDocument, signUnder, type DocumentType } from '../../roles/protocol/documents/index.ts'
import { inputs } from '../vectors/protocol/inputs.ts'
import { exchange, makeWorld } from '../roles/request/world.ts'
import { crypto } from '../roles/supervisor/actors.ts'
import { keyPair, seeded } from '../tools/seeded.ts'
import { GOOD_KEY, UNUSABLE_KEYS } from '../conformance/crypto.ts'

const signer = keyPair(seeded('signer'))

/** A document as whoever ignores the schema would sign it. */
function signed(type: DocumentType, fields: object): Uint8Array {
  const body = { ...fields, type, v: PROTOCOL_VERSION, by: signer.publicKey }
  return canonicalBytes({ ...body, sig: signUnder(crypto, type, body, signer.privateKey, new Uint8Array(32)) })
}

/** Every place of a document where such a key enters. */
const PLACES: Array<[type: DocumentType, field: string, change: (sealing: string) => object]> = [
  ['acceptance', 'acceptance.sealing', (sealing) => ({ sealing })],
  ['registration', 'registration.sealing', (sealing) => ({ sealing })],
  ['offer', 'offer.sealing', (sealing) => ({ sealing })],
  ['tick', 'tick.servers.0.sealing', (sealing) => ({ servers: inputs.documents.fields.tick['servers'] as never as object[], sealing })],
  ['tick', 'tick.plans.0.sealing', (sealing) => ({ plans: inputs.documents.fields.tick['plans'] as never as object[], sealing })],
]

function withKey(type: DocumentType, change: (sealing: string) => object, sealing: string): Uint8Array {
  const { servers, plans, sealing: key, ...rest } = change(sealing) as { servers?: object[]; plans?: object[]; sealing: string }
  const inside = servers
    ? { servers: [{ ...servers[0], sealing: key }] }
    : plans
      ? { plans: [{ ...plans[0], sealing: key }] }
      : { sealing: key }
  return signed(type, { ...inputs.documents.fields[type], ...rest, ...inside })
}

describe('an X25519 key to which nothing can be sealed, or which is written in a second way', () => {
  it.each(PLACES)('is refused in a document of type %s, at %s', (type, field, change) => {
    expect(openDocument(crypto, type, withKey(type, change, toHex(GOOD_KEY)))).toMatchObject({ ok: true })
    for (const key of UNUSABLE_KEYS)
      expect(openDocument(crypto, type, withKey(type, change, toHex(key)))).toMatchObject({
        ok: false,
        error: { code: `${type}.schema`, details: { field } },
      })
  })

  it('stops no request: the server is left out', async () => {
    const world = await makeWorld({ seed: 'low order', servers: 6 })
    const [poisoned] = world.tick.servers
    Object.assign(poisoned!, { sealing: '00'.repeat(32) })
    expect(isX25519Key(fromHex(poisoned!.sealing))).toBe(false)
    for (let request = 0; request < 60; request++) {
      const composed = await composeRequest(world.ctx, world.clientEnv(), 'post', { topic: 'x', text: `number ${request}` })
      if (!composed.ok) throw new Error(`${request}: ${composed.error.code}`)
      const { top, lanes } = composed.value.pending
      expect([top, ...lanes.flat().map(({ server }) => server)]).not.toContain(poisoned!.id)
      if (request === 0) expect(await exchange(world, composed.value)).toMatchObject({ ok: true })
    }
  })
})
