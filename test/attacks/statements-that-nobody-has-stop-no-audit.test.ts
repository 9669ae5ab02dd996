/**
 * For 330 sats and a fee anybody anchors a statement that some server is ready, whose torrent nobody has. An audit that waited for each in turn would never end: a thousand
 * of them cost it 17 hours, every time. A statement is its transaction, so nobody waits for any, and those of strangers say nothing of servers.
 */
import { expect, it } from 'vitest'
import { makeReady } from '../roles/supervisor/actors.ts'
import { auditTown, openTown } from '../roles/supervisor/town.ts'
import { keyPair, seeded } from '../tools/seeded.ts'

it('a thousand of them change nothing for the Supervisor, nor for who audits it', async () => {
  const town = await openTown('nobody has it', { minimumServers: 3 }, 5)
  const { cast, app } = town
  const [server] = cast.servers
  town.away.add(server!.publicKey)
  for (let i = 0; i < 1_000; i++) {
    const stranger = keyPair(seeded(`stranger ${i}`)).publicKey
    // Half of them have no coin that an anchor made.
    const spends = i % 2 === 0 ? [stranger] : []
    town.anchor(makeReady(cast, server!, app, 1, 900), { spends, pays: [cast.master.publicKey] }, true)
  }
  await town.mineTo(5)
  expect(town.state().ready).toHaveLength(500)
  expect(town.state().expected).toEqual([])
  expect(town.ticks[5]!.document.body.plans[0]!.ready).not.toContain(server!.publicKey)
  const report = await auditTown(town)
  expect(report.ok).toBe(true)
})
