/**
 * Clients review writes by the label of an endpoint, and nobody but a block's servers knows its body. A Supervisor whose label leaves a flow out, or
 * declares one that is not there, so that what its servers smuggle looks declared, gets nobody to run the block.
 */
import { describe, expect, it } from 'vitest'
import { blockLabelOf, type BlockLabel } from '../../roles/program/index.ts'
import { toHex } from '../../roles/protocol/bytes.ts'
import type { Plan } from '../../roles/protocol/documents/index.ts'
import { labelIn, outlineOf } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { openCode } from '../../roles/server/prepare.ts'
import { codeFiles, makePlan, saltsOf, sealCode } from '../../roles/supervisor/plan.ts'
import { crypto, makeCast, makeReady, notes, sealingOf } from '../roles/supervisor/actors.ts'

const APP = 'aa'.repeat(32)
const ENDPOINT = 'post'

/** Labels of a block of `post` that are not its own: `look` makes one output of one input, `write` has a site that nothing decides. */
const LIES: Array<[string, number, (label: BlockLabel) => BlockLabel]> = [
  ['leaves out what reaches an output', 0, (label) => ({ ...label, outputs: label.outputs.map(() => []) })],
  [
    'leaves out what reaches a field',
    1,
    (label) => ({ ...label, sites: label.sites.map((site) => ({ ...site, fields: { author: [] } })) }),
  ],
  [
    'declares that an input decides a write which nothing decides',
    1,
    (label) => ({ ...label, sites: label.sites.map((site) => ({ ...site, decided: [0] })) }),
  ],
  ['is that of another block', 0, () => blockLabelOf(notes.endpoints['post']!.blocks[1]!)],
  ['has a site too many', 0, (label) => ({ ...label, sites: [...label.sites, { decided: [0], fields: {} }] })],
]

async function published(seed: string, at: number, change: (label: BlockLabel) => BlockLabel) {
  const cast = makeCast(seed, 6)
  const ctx = { crypto, random: cast.random }
  const made = await makePlan(ctx, {
    program: notes,
    app: APP,
    tick: 3,
    ready: cast.servers.map((server) => makeReady(cast, server, APP, 3).body),
    versions: 2,
    primeBits: 128,
    prime: cast.prime,
    salt: saltsOf(crypto, cast.supervisor, APP),
  })
  const { endpoints } = made.plan
  const block = endpoints[ENDPOINT]![at]!
  const changed = endpoints[ENDPOINT]!.with(at, { ...block, label: change(block.label) })
  const plan: Plan = { ...made.plan, endpoints: { ...endpoints, [ENDPOINT]: changed } }
  const planned = { plan, hash: 'bb'.repeat(32), published: 'cc'.repeat(32), terms: { witnesses: 1, spare: 1, versions: 2 } }
  const opened = codeFiles(crypto, notes, planned, made.secret).map((code) => {
    const identity = cast.servers.find(({ publicKey }) => publicKey === code.server)!
    const sealing = sealingOf(identity)
    const box = must(sealCode(ctx, code, toHex(sealing.publicKey)))
    const holdsIt = code.blocks.some((held) => held.endpoint === ENDPOINT && held.block === at)
    return { holdsIt, result: openCode({ crypto, random: cast.random }, box, planned, { identity, sealing }, outlineOf(notes), APP) }
  })
  return { plan, opened }
}

describe('a Supervisor that publishes a label', () => {
  it('of what the body does gets it run by every holder', async () => {
    const { plan, opened } = await published('honest', 0, (label) => label)
    expect(opened.filter(({ holdsIt }) => holdsIt).length).toBeGreaterThanOrEqual(3)
    expect(opened.every(({ result }) => result.ok)).toBe(true)
    expect(must(labelIn(plan, outlineOf(notes), ENDPOINT)).stored.find(({ field }) => field === 'text')!.inputs).toEqual(['request.text'])
  })

  it.each(LIES)('that %s gets it run by no holder of block %i', async (_, at, change) => {
    const { opened } = await published('lies', at, change)
    const refused = opened.filter(({ result }) => !result.ok && result.error.code === 'code.label')
    expect(refused).toHaveLength(opened.filter(({ holdsIt }) => holdsIt).length)
    expect(refused.every(({ holdsIt }) => holdsIt)).toBe(true)
  })

  it('of another form than the block has finds no client that composes a request', async () => {
    const { plan } = await published('form', 0, (label) => ({ ...label, outputs: [...label.outputs, []] }))
    expect(labelIn(plan, outlineOf(notes), ENDPOINT)).toMatchObject({ ok: false, error: { code: 'client.label' } })
    expect(labelIn(plan, outlineOf(notes), 'edit').ok).toBe(true)
  })
})
