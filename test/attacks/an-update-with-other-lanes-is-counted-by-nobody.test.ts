/** What a client publishes instead of the lanes it ran, with servers that help it or without. */
import { describe, expect, it } from 'vitest'
import type { Update } from '../../roles/protocol/documents/index.ts'
import { checkStamps, checkUpdate, readReveal } from '../../roles/protocol/stamps/index.ts'
import { crypto, makeUpdate, type UpdateOptions } from '../roles/supervisor/actors.ts'
import { heldAgainst, peopleTown, tickSecrets } from '../roles/supervisor/town.ts'

const TICK = 2

async function scene(seed: string) {
  const town = await peopleTown(seed, { minimumServers: 14, witnesses: 1, spare: 2 }, 14)
  const secrets = tickSecrets(town, TICK)
  const [key] = town.cast.keys
  const env = heldAgainst(town, TICK)
  const { database } = env
  const replaces = database.keys.get(key!.publicKey)!.version
  const options = { app: town.app, tick: TICK, ...secrets, endpoint: 'post' as const, key: key!, replaces, text: 'hello', lanes: 3 }
  const document = (change: Partial<UpdateOptions> = {}) => makeUpdate(town.cast, { ...options, ...change })
  const make = (change: Partial<UpdateOptions> = {}): Update => document(change).body
  const outcome = (update: Update): string => {
    const checked = checkUpdate({ crypto }, env, update)
    return checked.ok ? 'accepted' : checked.error.code
  }
  /** In the tick that decides it: verdict and tombstones. */
  const counted = async (change: Partial<UpdateOptions>) => {
    const update = document(change)
    town.anchor(update, { spends: [key!.publicKey] })
    await town.mineTo(4)
    const { summary, tombstones } = town.ticks[4]!.document.body
    return { verdict: summary.verdicts.map((entry) => entry.outcome).join(), tombstones, lanes: update.body.lanes }
  }
  return { town, make, outcome, counted, reveal: readReveal(crypto, secrets.secret) }
}

describe('an update of three lanes', () => {
  it('counts whole, and with a lane left out not', async () => {
    const { make, outcome } = await scene('left out')
    const update = make()
    expect(outcome(update)).toBe('accepted')
    for (const left of [0, 1, 2])
      expect(outcome({ ...update, lanes: update.lanes.filter((_, lane) => lane !== left) })).toBe('update.lanes')
    expect(outcome({ ...update, lanes: [...update.lanes, update.lanes[2]!] })).toBe('update.lanes')
  })

  it('does not count with the start of fewer lanes, which its client signs with the update: the servers signed for another', async () => {
    const { make, outcome } = await scene('fewer')
    const update = make()
    const fewer = { ...update.start, numbers: update.start.numbers.slice(0, 2) }
    expect(outcome({ ...update, start: fewer, lanes: update.lanes.slice(0, 2) })).toBe('update.thread')
  })

  it('does not count with a lane of another request, or with two that changed places', async () => {
    const { make, outcome } = await scene('two requests')
    const [update, other] = [make(), make()]
    const [first, second, third] = update.lanes
    expect(outcome({ ...update, lanes: [first!, second!, other.lanes[2]!] })).toMatch(/^update\.(lanes|server)$/)
    const same = make({ request: update.request })
    expect(outcome({ ...update, lanes: [first!, second!, same.lanes[2]!] })).toMatch(/^update\.(lanes|server)$/)
    expect(outcome({ ...update, lanes: [first!, third!, second!] })).toBe('update.thread')
  })

  it.each([
    ['outputs', { outputs: '77'.repeat(32) }],
    ['inputs', { inputs: '77'.repeat(32) }],
    ['a branch', { sites: [] }],
    ['writes', { own: ['77'.repeat(32)] }],
  ])('does not count where one server signed other %s, and buries nobody: it is not known who lies', async (_, lie) => {
    const { counted } = await scene(`differ ${Object.keys(lie).join()}`)
    const decided = await counted({ link: (link) => (link.lane === 1 && link.position === 1 ? { ...link, ...lie } : link) })
    expect(decided).toMatchObject({ verdict: 'update.lanes', tombstones: [] })
  })

  it("does not count when a later server alters another's write: it is not what that one signed", async () => {
    const { make, outcome } = await scene('altered')
    const update = make()
    const [write] = update.writes
    expect(outcome({ ...update, writes: [{ ...write!, fields: { ...write!.fields, author: 'ee'.repeat(32) } }] })).toBe('update.digest')
    const altered = update.lanes.map((links) => links.map((link) => (link.position === 1 ? { ...link, own: ['77'.repeat(32)] } : link)))
    expect(outcome({ ...update, lanes: altered })).toBe('update.digest')
    const first = update.lanes.map((links) => links.map((link) => (link.position === 0 ? { ...link, outputs: '66'.repeat(32) } : link)))
    expect(outcome({ ...update, lanes: first })).toBe('update.thread')
  })
})

describe('when the tick reveals its primes', () => {
  it('every guilty server of every lane is buried, also where another one is guilty or the stamps divide', async () => {
    const spoiled = await (
      await scene('both')
    ).counted({
      skips: 0,
      skipsIn: 2,
      rubbish: [
        { lane: 0, position: 0 },
        { lane: 1, position: 1 },
      ],
    })
    expect(spoiled.verdict).toBe('update.stamp')
    const guilty = [spoiled.lanes[0]![0]!, spoiled.lanes[1]![1]!, spoiled.lanes[2]![0]!].map(({ server }) => server)
    expect(spoiled.tombstones).toEqual(guilty.sort())
    const counts = await (await scene('divides')).counted({ rubbish: [{ lane: 1, position: 0 }] })
    expect(counts.verdict).toBe('accepted')
    expect(counts.tombstones).toEqual([counts.lanes[1]![0]!.server])
  })

  it('one lane whose number lacks a prime is enough not to count', async () => {
    const { make, reveal } = await scene('one lane')
    for (const lane of [0, 1, 2]) {
      const update = make({ skips: 1, skipsIn: lane })
      expect(checkStamps({ crypto }, reveal, update)).toMatchObject({
        stamp: { ok: false, error: { details: { lane } } },
        blamed: [{ lane, position: 1, subject: update.lanes[lane]![1]!.server }],
      })
    }
  })
})
