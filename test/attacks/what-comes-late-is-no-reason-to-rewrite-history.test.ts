/**
 * A resumption may take back more than three ticks when it shows one that every reader's own audit finds faulty. What an audit finds depends on what can be had: a Supervisor that lets go of a file
 * of an old tick could make any right tick a faulty one when it likes, thousands of ticks later, and take back all that came since. (What servers say of being ready is on the chain as a whole.)
 */
import { describe, expect, it } from 'vitest'
import { auditHistory } from '../../main/core/client/audit.ts'
import type { FileEntry, OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import { outlineOf } from '../../roles/protocol/requests/index.ts'
import { fail, failForNow, ok } from '../../roles/protocol/result.ts'
import { startFollowing } from '../../roles/protocol/ticks/index.ts'
import { crypto, notes } from '../roles/supervisor/actors.ts'
import { fileOf, openTown, signAgain, type Town } from '../roles/supervisor/town.ts'
import { createMemoryStorage } from '../simulation/ports/storage.ts'

type Services = Parameters<typeof auditHistory>[0]

/** A node that has the town's blocks and torrents, but for one file. */
function audited(
  town: Town,
  {
    lost = null,
    ticks = town.ticks.map(({ document }) => document),
  }: { lost?: [number, RegExp] | null; ticks?: Array<OpenedDocument<'tick'>> },
  isProof: boolean,
) {
  const storage = createMemoryStorage()
  const anchored = [...town.chain.values()]
  for (const height of new Set(anchored.map((one) => one.height)))
    storage.transact([
      { table: 'anchored', key: String(height).padStart(10, '0'), value: anchored.filter((one) => one.height === height) as never },
    ])
  const numberOf = (infohash: string): number => ticks.findIndex(({ sha256 }) => sha256.startsWith(infohash))
  const documents = {
    held: () => null,
    fetch: () => Promise.resolve(failForNow('swarm.timeout', 'nobody has it')),
    fetchFile: (infohash: string, { name }: FileEntry) => {
      const number = numberOf(infohash)
      const isLost = lost !== null && lost[0] === number && lost[1].test(name)
      return Promise.resolve(isLost ? failForNow('swarm.timeout', `nobody has ${name}`) : fileOf(town.ticks[number]!, name))
    },
  }
  const clock = { now: () => 0, after: () => () => undefined }
  const offer = { document: town.offer, outline: outlineOf(notes) }
  const subject = {
    following: startFollowing(town.app, town.cast.master.publicKey, [town.cast.supervisor.publicKey]),
    offerOf: () => ({ sha256: town.app, infohash: '00'.repeat(20) }),
    open: ({ sha256 }: Reference) => Promise.resolve(sha256 === town.app ? ok(offer) : fail('swarm.none', 'another')),
  }
  const referenceOf = ({ sha256 }: OpenedDocument): Reference => ({ sha256, infohash: sha256.slice(0, 40) })
  const history = { ticks: ticks.map((document) => ({ document, reference: referenceOf(document) })), stop: null, resumed: [] }
  return auditHistory({ crypto, storage, documents, clock } as unknown as Services, subject, history, isProof)
}

const problemsOf = (report: Awaited<ReturnType<typeof audited>>): string[] =>
  report.ok ? report.value.ticks.flatMap(({ equal, problems }) => [...problems, ...(equal ? [] : ['another root'])]) : [report.error.code]

describe('as a reason to take ticks back, a tick is not faulty', () => {
  it.each([/^documents\.0$/, /^reveal\./, /^ready\./])(
    'because nobody has its file %s any more: it is looked at until it can be',
    async (name) => {
      const town = await openTown('lost file', {}, 4)
      await town.mineTo(5)
      const number = name.source.includes('documents') ? 0 : 4
      expect(problemsOf(await audited(town, { lost: [number, name] }, false)).length).toBeGreaterThan(0)
      const proof = await audited(town, { lost: [number, name] }, true)
      expect(proof).toMatchObject({ ok: false, error: { code: 'swarm.timeout', retryable: true } })
    },
  )

  it('but where its own words break a rule, it is', async () => {
    const town = await openTown('faulty', {}, 4)
    await town.mineTo(4)
    const ticks = signAgain(town, (tick) => (tick.number === 3 ? { servers: tick.servers.slice(1) } : {})).slice(0, 4)
    expect(problemsOf(await audited({ ...town, ticks: town.ticks.slice(0, 4) }, { ticks }, true)).length).toBeGreaterThan(0)
  })
})
