import { describe, expect, it } from 'vitest'
import { toHex } from '../../../../roles/protocol/bytes.ts'
import type { CryptoPort } from '../../../../roles/protocol/crypto/index.ts'
import { openDocument } from '../../../../roles/protocol/documents/index.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { checkUpdate } from '../../../../roles/protocol/stamps/index.ts'
import { signaturesOf, type SignatureCheck } from '../../../bench/tick/signatures.ts'
import { crypto, makeUpdate } from '../../supervisor/actors.ts'
import { heldAgainst, peopleTown, tickSecrets } from '../../supervisor/town.ts'

const textOf = ({ signature, message, publicKey }: SignatureCheck): string => [signature, message, publicKey].map(toHex).join('/')

describe('the signatures of an update that are checked beforehand', () => {
  it('are all that opening it and holding it against a tick ask for, and no other', async () => {
    const town = await peopleTown('signatures')
    const tick = 2
    const env = heldAgainst(town, tick)
    const key = town.cast.keys[0]!
    const document = makeUpdate(town.cast, {
      ...{ app: town.app, tick, endpoint: 'post', key, text: 'hello', ...tickSecrets(town, tick) },
      replaces: env.database.keys.get(key.publicKey)!.version,
    })
    const asked: string[] = []
    const watching: CryptoPort = {
      ...crypto,
      schnorr: {
        ...crypto.schnorr,
        verify: (signature, message, publicKey) => {
          asked.push(textOf({ signature, message, publicKey }))
          return crypto.schnorr.verify(signature, message, publicKey)
        },
      },
    }
    const opened = must(openDocument(watching, 'update', document.bytes))
    must(checkUpdate({ crypto: watching }, env, opened.body))
    const links = document.body.lanes.flat().length
    expect(asked.length).toBe(1 + links + 1)
    expect(asked.toSorted()).toEqual(signaturesOf(crypto, document).map(textOf).toSorted())
  })
})
