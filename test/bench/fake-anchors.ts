/**
 * A block full of anchors that name documents nobody has: 4,000 of them, beside the documents of a newcomer and of a registered client. What they cost the Supervisor that
 * decides them, whoever audits it, and the time in which the honest documents come. Run: npm run bench -- fake-anchors [--anchors 4000]
 *
 * Fetching is counted in the time of the product's own gathering, with the timeouts of the product: a fake takes as long as it is given, an honest document a second.
 *
 * Goals: nothing of the others is decided later or otherwise; at most a millisecond of processor time for each fake, for Supervisor and auditor together; a registered client's document
 * comes as soon as without fakes, a newcomer's within 40 minutes.
 */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { createGathering, type Gathered, type Gathering } from '../../main/core/supervisor/gathering.ts'
import { failForNow, ok } from '../../roles/protocol/result.ts'
import type { OpenedDocument } from '../../roles/protocol/documents/index.ts'
import { makeRegistration, makeUpdate } from '../roles/supervisor/actors.ts'
import { auditTown, heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'
import { createVirtualClock } from '../simulation/ports/clock.ts'
import { keyPair } from '../tools/seeded.ts'
import { sayLoad } from './request/numbers.ts'

const { values } = parseArgs({ options: { anchors: { type: 'string', default: '4000' } } })
const ANCHORS = Number(values.anchors)
const say = (text: string): void => void process.stdout.write(`${text}\n`)
/** Of the product (`createNode`). */
const FETCH_MS = 20_000
const HONEST_MS = 1_000

const processor = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** What a stranger can anchor. */
const KINDS = ['registration', 'acceptance', 'reservation', 'update', 'dispute'] as const

interface Decided {
  outcomes: string[]
  closing: number
  auditing: number
  tickBytes: number
  stateBytes: number
}

/** A town in which a block has so many fakes of each kind that anybody can anchor, before the honest documents. */
async function decide(fakes: number): Promise<Decided> {
  const town = await peopleTown('bench of fakes', {
    perTick: { acceptances: 1_000, registrations: 1_000, reservations: 1_000, updates: 16 },
  })
  const { cast, app } = town
  const pays = [cast.master.publicKey]
  const lie = makeRegistration(cast, keyPair(cast.random), app)
  const stranger = keyPair(cast.random).publicKey
  for (let i = 0; i < fakes; i++) {
    const type = KINDS[i % KINDS.length]!
    const document = { ...lie, body: { ...lie.body, type }, sha256: i.toString(16).padStart(64, '0') }
    town.anchor(
      document as unknown as OpenedDocument,
      type === 'registration' || type === 'acceptance' ? { pays } : { spends: [stranger] },
      true,
    )
  }
  const newcomer = keyPair(cast.random)
  const registration = makeRegistration(cast, newcomer, app)
  town.anchor(registration, { pays: [...pays, newcomer.publicKey] })
  const other = cast.keys[1]!
  const replaces = heldAgainst(town, 2).database.keys.get(other.publicKey)!.version
  const update = makeUpdate(cast, { app, tick: 2, ...tickSecrets(town, 2), endpoint: 'post', key: other, replaces, text: 'as ever' })
  town.anchor(update, { spends: [other.publicKey] })
  const began = processor()
  await town.mineTo(4)
  const closing = processor() - began
  const { body, bytes } = town.ticks[4]!.document
  const stateBytes = JSON.stringify(town.state()).length
  const before = processor()
  const audited = await auditTown(town)
  const auditing = processor() - before
  if (!audited.ok)
    throw new Error(`the audit is not content: ${JSON.stringify(audited.ticks.flatMap(({ problems }) => problems)).slice(0, 500)}`)
  const outcomes = [registration, update].map(
    ({ sha256 }) => body.summary.verdicts.find(({ document }) => document.sha256 === sha256)?.outcome ?? 'not decided',
  )
  return { outcomes, closing, auditing, tickBytes: bytes.length, stateBytes }
}

/** Seconds until one honest document is here, behind so many fakes, and the processor time of all that. */
async function gather(
  fakes: number,
  lane: Gathered['lane'],
  fakeLane: Gathered['lane'],
  whoOf: (i: number) => string,
): Promise<{ seconds: number; processor: number }> {
  const clock = createVirtualClock()
  const honest = { sha256: 'ff'.repeat(32), infohash: 'ff'.repeat(20) }
  let gathering: Gathering | null = null
  const fetch = (reference: { sha256: string }, _type: string, { patience = 1 }: { patience?: number } = {}) =>
    new Promise((resolve) =>
      clock.after(reference.sha256 === honest.sha256 ? HONEST_MS : FETCH_MS * patience, () =>
        resolve(reference.sha256 === honest.sha256 ? ok({}) : failForNow('swarm.timeout', 'nobody has it')),
      ),
    )
  gathering = createGathering({ documents: { fetch } as never, clock }, () => undefined)
  const list = Array.from({ length: fakes }, (_, i): Gathered => {
    const name = i.toString(16)
    return {
      reference: { sha256: name.padStart(64, '0'), infohash: name.padStart(40, '0') },
      type: 'registration',
      lane: fakeLane,
      who: whoOf(i),
    }
  })
  const [began, at] = [processor(), clock.now()]
  gathering.want([...list, { reference: honest, type: 'registration', lane, who: 'honest' }])
  await clock.until(gathering.hurry([honest], 24 * 3_600_000))
  gathering.stop()
  return { seconds: (clock.now() - at) / 1_000, processor: processor() - began }
}

sayLoad()
await decide(50)
const none = await decide(0)
const full = await decide(ANCHORS)
const each = (full.closing + full.auditing - none.closing - none.auditing) / ANCHORS
say(
  `deciding ${ANCHORS} fakes: ${full.closing.toFixed(0)} ms against ${none.closing.toFixed(0)} without, audit ${full.auditing.toFixed(0)} against ${none.auditing.toFixed(0)}: ${each.toFixed(3)} ms a fake`,
)
say(
  `tick document ${(full.tickBytes / 1024).toFixed(0)} KiB against ${(none.tickBytes / 1024).toFixed(0)}, state ${(full.stateBytes / 1024).toFixed(0)} against ${(none.stateBytes / 1024).toFixed(0)}`,
)
say(`newcomer and client beside them: ${full.outcomes.join(', ')}`)
const alone = await gather(0, 'known', 'new', String)
const known = await gather(ANCHORS, 'known', 'new', String)
const rival = await gather(ANCHORS, 'known', 'known', () => 'enemy')
const fresh = await gather(ANCHORS, 'new', 'new', String)
say(
  `a registered client's document comes after ${known.seconds.toFixed(1)} s beside fakes of strangers, ${rival.seconds.toFixed(1)} s beside those of one client, ${alone.seconds.toFixed(1)} s without`,
)
say(`a newcomer's after ${(fresh.seconds / 60).toFixed(1)} min behind them; processor time of all that ${fresh.processor.toFixed(0)} ms`)
const isUnharmed =
  JSON.stringify(full.outcomes) === JSON.stringify(none.outcomes) && full.outcomes.every((outcome) => outcome === 'accepted')
const isBounded = each <= 1 && known.seconds <= alone.seconds && rival.seconds <= alone.seconds && fresh.seconds <= 40 * 60
say(isUnharmed && isBounded ? 'bounded, and nobody is harmed' : 'NOT as it should be')
process.exitCode = isUnharmed && isBounded ? 0 : 1
