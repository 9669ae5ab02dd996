/** An identity costs work. Work that is done once must not pay for a server and a client at once. */
import { describe, expect, it } from 'vitest'
import { registrationWork } from '../../roles/client/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import { verifyWork } from '../../roles/protocol/crypto/index.ts'
import { signDocument } from '../../roles/protocol/documents/index.ts'
import { acceptanceWork } from '../../roles/server/index.ts'
import { crypto, sealingOf } from '../roles/supervisor/actors.ts'
import { openTown } from '../roles/supervisor/town.ts'

const BITS = 12
const grind = (challenge: Uint8Array): string => {
  for (let nonce = 0n; ; nonce++) if (verifyWork(challenge, nonce, BITS)) return nonce.toString()
}

describe('one key, one nonce', () => {
  it('does not register the client whose server was ground with it, nor join the server whose client was', async () => {
    const town = await openTown('two roles', { work: { client: BITS, server: 4 } })
    const { cast, app, offer } = town
    const sealing = toHex(sealingOf(cast.client).publicKey)
    const registered = (nonce: string) =>
      signDocument(crypto, 'registration', { app, sealing, seats: 'ab'.repeat(32), nonce }, cast.client, cast.random(32))
    const pays = [cast.master.publicKey, cast.client.publicKey]
    const asServer = town.anchor(registered(grind(acceptanceWork(crypto, cast.client.publicKey, offer.sha256))), { pays })
    const asClient = town.anchor(registered(grind(registrationWork(crypto, cast.client.publicKey, app))), { pays })
    await town.mineTo(2)
    const verdict = (txid: string) => town.ticks[2]!.document.body.summary.verdicts.find((entry) => entry.txid === txid)?.outcome
    expect([verdict(asServer.txid), verdict(asClient.txid)]).toEqual(['registration.work', 'accepted'])
  })

  it('does not let a server join with the work of a client', async () => {
    const town = await openTown('two roles, the other way', { work: { client: 4, server: BITS }, minimumServers: 1 })
    const { cast, app, offer } = town
    const accepted = (nonce: string) => {
      const fields = {
        offer: offer.sha256,
        host: 'localhost',
        port: 1234,
        region: 'DE',
        sealing: toHex(sealingOf(cast.client).publicKey),
        nonce,
      }
      return signDocument(crypto, 'acceptance', fields, cast.client, cast.random(32))
    }
    const accept = (nonce: string) => town.anchor(accepted(nonce), { pays: [cast.master.publicKey] })
    const asClient = accept(grind(registrationWork(crypto, cast.client.publicKey, app)))
    const asServer = accept(grind(acceptanceWork(crypto, cast.client.publicKey, offer.sha256)))
    await town.mineTo(0)
    const { summary, servers } = town.ticks[0]!.document.body
    const verdict = (txid: string) => summary.verdicts.find((entry) => entry.txid === txid)?.outcome
    expect([verdict(asClient.txid), verdict(asServer.txid)]).toEqual(['acceptance.work', 'accepted'])
    expect(servers.map(({ id }) => id)).toContain(cast.client.publicKey)
  })
})
