import { describe, expect, it } from 'vitest'
import { type audit, type AuditInput } from '../../../../roles/protocol/ticks/index.ts'
import { type Tick } from '../../../../roles/protocol/documents/index.ts'
import { outlineOf } from '../../../../roles/protocol/requests/index.ts'
import { makeUpdate, notes } from '../../supervisor/actors.ts'
import { auditTown, fileOf, offersIn, peopleTown, signAgain, tickSecrets, type Town } from '../../supervisor/town.ts'

/** A town in which one update was included in tick 4. */
async function history(
  seed: string,
): Promise<{ town: Town; run: (change?: (tick: Tick) => Partial<Tick>, input?: Partial<AuditInput>) => ReturnType<typeof audit> }> {
  const town = await peopleTown(seed)
  const key = town.cast.keys[0]!
  const replaces = town.keeper.ledger.database.keys.get(key.publicKey)!.version
  town.anchor(makeUpdate(town.cast, { app: town.app, tick: 2, ...tickSecrets(town, 2), endpoint: 'post', key, replaces, text: 'hello' }), {
    spends: [key.publicKey],
  })
  await town.mineTo(6)
  const run: Awaited<ReturnType<typeof history>>['run'] = (change = () => ({}), input = {}) =>
    auditTown(town, { ticks: signAgain(town, change), ...input })
  return { town, run }
}

const inTick =
  (number: number, change: (tick: Tick) => Partial<Tick>) =>
  (tick: Tick): Partial<Tick> =>
    tick.number === number ? change(tick) : {}

describe('an audit', () => {
  it('[T2][D3] gets the root of every tick from chain and documents alone', async () => {
    const { run, town } = await history('audit')
    const report = await run()
    expect(report).toMatchObject({ ok: true })
    expect(report.ticks).toHaveLength(7)
    expect(report.snapshot!.root).toBe(town.keeper.snapshot()!.root)
  })

  it('finds a root that does not follow from the log', async () => {
    const { run } = await history('root')
    const report = await run(inTick(4, () => ({ root: '00'.repeat(32) })))
    expect(report.ok).toBe(false)
    expect(report.ticks.filter((tick) => !tick.equal).map((tick) => tick.number)).toEqual([4])
  })

  it('finds an update that was refused or left out', async () => {
    const { run } = await history('left-out')
    const refused = await run(
      inTick(4, ({ summary }) => ({
        summary: { ...summary, verdicts: summary.verdicts.map((verdict) => ({ ...verdict, outcome: 'update.replaced' })) },
      })),
    )
    expect(refused.ticks[4]!.problems.join()).toContain('by the rules it is accepted')
    const silent = await run(inTick(4, ({ summary }) => ({ summary: { ...summary, verdicts: [] } })))
    expect(silent.ok).toBe(false)
    expect(silent.ticks.flatMap((tick) => tick.problems).join()).toContain('got no verdict')
  })

  it('[T2] finds an update that was counted against a rule, and a rule that is invented', async () => {
    const { run, town } = await history('rule')
    const [, key] = town.cast.keys
    const replaces = town.keeper.ledger.database.keys.get(key!.publicKey)!.version
    town.anchor(
      makeUpdate(town.cast, { app: town.app, tick: 6, ...tickSecrets(town, 6), endpoint: 'post', key: key!, replaces, text: 'again' }),
      { spends: [key!.publicKey] },
    )
    await town.mineTo(9)
    expect((await run()).ok).toBe(true)
    const collection = {
      ...notes.collections['notes']!,
      indices: { ...notes.collections['notes']!.indices, byAuthor: { kind: 'order' as const, on: ['author'], atMost: 1 } },
    }
    const outline = { ...outlineOf(notes), collections: { notes: collection } }
    const broken = await run(undefined, { offers: offersIn(town).map((one) => ({ ...one, outline })) })
    expect(broken.ticks.flatMap((tick) => tick.problems).join()).toContain(
      'got the outcome accepted; by the rules it is update.rule (atMost of notes.byAuthor)',
    )
    const rule = { collection: 'notes', index: 'byAuthor', bound: 'atMost' } as const
    const invented = await run(
      inTick(4, ({ summary }) => ({
        summary: { ...summary, verdicts: summary.verdicts.map((verdict) => ({ ...verdict, outcome: 'update.rule', rule })) },
      })),
    )
    expect(invented.ticks[4]!.problems.join()).toContain('by the rules it is accepted')
  })

  it('[T4] finds secrets that are not those of the plan, and invented tombstones', async () => {
    const { run, town } = await history('secrets')
    const withheld = await run(inTick(4, () => ({ reveal: null })))
    expect(withheld.ticks.at(-1)).toMatchObject({ number: 4, computed: '', problems: ['Tick 4 does not reveal the primes of tick 2.'] })
    const wrong = await run(
      inTick(4, () => ({ reveal: town.ticks[5]!.document.body.reveal })),
      { fetchFile: (tick, name) => Promise.resolve(fileOf(town.ticks[name === 'reveal.3' ? 5 : tick.body.number]!, name)) },
    )
    expect(wrong.ticks.at(-1)).toMatchObject({ number: 4, computed: '' })
    const buried = await run(inTick(4, () => ({ tombstones: [town.cast.client.publicKey] })))
    expect(buried.ticks[4]!.problems.join()).toContain('tombstones')
  })

  it('finds a plan for another tick, or one that deals to strangers, to servers that did not sign, to too few, or has other blocks than the program', async () => {
    const { run } = await history('plans')
    const problemsOf = async (change: (plan: Tick['plans'][number]) => Partial<Tick['plans'][number]>): Promise<string> => {
      const report = await run(inTick(5, ({ plans }) => ({ plans: plans.map((plan) => ({ ...plan, ...change(plan) })) })))
      expect(report.ok).toBe(false)
      return report.ticks[5]!.problems.join(' ')
    }
    expect(await problemsOf(() => ({ tick: 7 }))).toContain('publishes the plans of 7; it may publish those of 8')
    expect(await problemsOf(() => ({ tick: 5 }))).toContain('it may publish those of 8')
    expect(await problemsOf(({ ready }) => ({ ready: ready.slice(0, 2) }))).toContain('fewer servers than the offer runs with')
    expect(await problemsOf(({ ready }) => ({ ready: ready.slice(1) }))).toContain('did not sign that they are ready')
    expect(await problemsOf(({ readyFile }) => ({ readyFile: { ...readyFile, sha256: '00'.repeat(32) } }))).toContain('did not sign')
    expect(await problemsOf(({ ready }) => ({ ready: [...ready, 'ff'.repeat(32)] }))).toContain('a server that the tick does not list')
    expect(await problemsOf(({ ready }) => ({ ready: [...ready].reverse() }))).toContain('in order, each once')
    expect(await problemsOf(({ endpoints }) => ({ endpoints: { post: endpoints['post']! } }))).toContain('blocks of the program')
    type Block = Tick['plans'][number]['endpoints'][string][number]
    const twice = (block: Block) => ({ ...block, versions: [block.versions[0]!, block.versions[0]!] })
    expect(await problemsOf(({ endpoints }) => ({ endpoints: { ...endpoints, edit: endpoints['edit']!.map(twice) } }))).toContain('twice')
    const one = (block: Block) => ({ ...block, versions: [block.versions[0]!] })
    expect(await problemsOf(({ endpoints }) => ({ endpoints: { ...endpoints, edit: endpoints['edit']!.map(one) } }))).toContain(
      'does not have 2 versions of each block',
    )
    const other = (block: Block) => ({ ...block, label: { ...block.label, outputs: [[4096]] } })
    expect(await problemsOf(({ endpoints }) => ({ endpoints: { ...endpoints, edit: endpoints['edit']!.map(other) } }))).toContain(
      'no right label for block 0 of edit',
    )
  })

  it('finds a schema that is not the one of the program', async () => {
    const { run } = await history('schema')
    const report = await run(inTick(3, ({ schema }) => ({ schema: { ...schema, sha256: '00'.repeat(32) } })))
    expect(report.ok).toBe(false)
    expect(report.ticks[3]!.problems).toEqual(['The schema is not the one of the program.'])
  })

  it('finds an anchor that is not on the chain', async () => {
    const { run, town } = await history('chain')
    const offers = [...town.chain.values()].filter(({ anchor }) => anchor.type === 'offer')
    const report = await run(undefined, { between: () => offers })
    expect(report.ok).toBe(false)
    expect(report.ticks.flatMap((tick) => tick.problems).join()).toContain('is not on the chain')
  })

  it('stops at a file that was changed', async () => {
    const { run, town } = await history('file')
    const fetchFile: AuditInput['fetchFile'] = (tick, name) =>
      Promise.resolve(fileOf(town.ticks[name === 'documents.0' ? 0 : tick.body.number]!, name))
    expect((await run(undefined, { fetchFile })).ticks.at(-1)).toMatchObject({ number: 2, equal: false })
  })
})
