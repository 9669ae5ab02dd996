import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  acceptsSites,
  blockLabelOf,
  check,
  composeLabel,
  describe as describeProgram,
  fitsBlock,
  labelOf,
  runBlock,
  type BlockLabel,
  type Endpoint,
  type Program,
} from '../../../../roles/program/index.ts'
import {
  acceptsPath,
  codeDigest,
  encodeOutline,
  outlineOf,
  parseOutline,
  versionId,
  withBody,
} from '../../../../roles/protocol/requests/index.ts'
import type { Json } from '../../../../roles/protocol/canonical.ts'
import { must } from '../../../../roles/protocol/result.ts'
import { anyOrigin, from, programOf } from '../../program/random/index.ts'
import { sampleApp } from '../../../simulation/network/world.ts'
import { crypto, notes } from '../../supervisor/actors.ts'

const BUDGET = { steps: 1000, bytes: 10_000 }
const bodyOf = (program: Program, endpoint: string, block: number): Json =>
  program.endpoints[endpoint]!.blocks[block]!.body as unknown as Json

describe('an outline', () => {
  it('shows no node and no constant of any body', () => {
    const outline = outlineOf(notes)
    const bodies = Object.values(outline.endpoints).flatMap((endpoint) => endpoint.blocks.map((block) => block.body))
    expect(bodies.every((body) => body.nodes.length === 0 && body.scopes.length === 0 && body.outputs.length === 0)).toBe(true)
    expect(must(parseOutline(encodeOutline(outline)))).toEqual(outline)
  })

  it('[N5] accepts the same sequences of sites as the program', () => {
    const outline = outlineOf(notes)
    for (const [name, endpoint] of Object.entries(notes.endpoints)) {
      for (const [i, block] of endpoint.blocks.entries()) {
        for (const sites of [[], [0], [0, 0], [1]]) expect(acceptsPath(outline, name, i, sites)).toBe(acceptsSites(block, sites))
      }
    }
    expect(acceptsPath(outline, 'nothing', 0, [])).toBe(false)
  })

  it('takes a body back, and the block runs as in the whole program', () => {
    const outline = outlineOf(notes)
    for (const [endpoint, block, inputs] of [
      ['post', 0, ['hi']],
      ['post', 0, ['']],
      ['post', 1, ['a'.repeat(64)]],
      ['edit', 0, ['hi']],
    ] as const) {
      const program = must(check(must(withBody(outline, endpoint, block, bodyOf(notes, endpoint, block))) as unknown as Json))
      expect(runBlock(program, endpoint, block, [...inputs], BUDGET)).toEqual(runBlock(notes, endpoint, block, [...inputs], BUDGET))
    }
  })

  it.each(['guestbook', 'poll', 'marketplace'])('takes every body of %s back, also one that moves sealed what a rule is over', (name) => {
    const program = must(check(sampleApp(name)))
    const outline = must(parseOutline(encodeOutline(outlineOf(program))))
    for (const [endpoint, { blocks }] of Object.entries(program.endpoints))
      for (const block of blocks.keys())
        expect(check(must(withBody(outline, endpoint, block, bodyOf(program, endpoint, block))) as unknown as Json).ok).toBe(true)
  })

  it('refuses a body that writes otherwise than the outline says', () => {
    const outline = outlineOf(notes)
    const silent = { ...(bodyOf(notes, 'post', 1) as object), effects: [] } as Json
    expect(withBody(outline, 'post', 1, silent)).toMatchObject({ ok: false, error: { code: 'outline.body' } })
    expect(withBody(outline, 'post', 1, null)).toMatchObject({ ok: false, error: { code: 'outline.body' } })
    expect(withBody(outline, 'post', 9, silent)).toMatchObject({ ok: false, error: { code: 'outline.block' } })
  })

  it('gives a version that changes with place, body, salt and primes', () => {
    const body = bodyOf(notes, 'post', 0)
    const ids = [
      ['post', 0, body, '00'],
      ['post', 1, body, '00'],
      ['edit', 0, body, '00'],
      ['post', 0, bodyOf(notes, 'edit', 0), '00'],
      ['post', 0, body, '01'],
    ] as const
    const digests = ids.map(([endpoint, block, of, salt]) => codeDigest(crypto, 'aa', endpoint, block, of, salt))
    expect(new Set(digests).size).toBe(ids.length)
    const versions = [...digests.map((digest) => versionId(crypto, digest, { passage: '3', sites: ['5'] }))]
    for (const primes of [
      { passage: '5', sites: ['5'] },
      { passage: '3', sites: ['7'] },
      { passage: '3', sites: [] },
    ])
      versions.push(versionId(crypto, digests[0]!, primes))
    expect(new Set(versions).size).toBe(versions.length)
  })
})

/** A form that no block of these has: a position that is not there, a list too many, a field more. */
const misfits = (label: BlockLabel): BlockLabel[] => [
  { ...label, outputs: [...label.outputs, []] },
  { ...label, sites: [...label.sites, { decided: [], fields: {} }] },
  ...label.outputs.map((_, i) => ({ ...label, outputs: label.outputs.with(i, [4096]) })),
  ...label.outputs.map((_, i) => ({ ...label, outputs: label.outputs.with(i, [0, 0]) })),
  ...label.sites.map((site, i) => ({ ...label, sites: label.sites.with(i, { ...site, fields: { ...site.fields, $other: [] } }) })),
  ...label.sites.map((site, i) => ({ ...label, sites: label.sites.with(i, { ...site, decided: [-1] }) })),
]

describe('labels of blocks and an outline', () => {
  const unplaced = (endpoint: Endpoint): Endpoint => ({ ...endpoint, blocks: endpoint.blocks.map((block) => ({ ...block, at: '' })) })

  it('make the label of the whole endpoint, for every random program', () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        const program = must(check(programOf(origin) as unknown as Json))
        const outline = outlineOf(program)
        for (const [name, endpoint] of Object.entries(program.endpoints)) {
          const labels = endpoint.blocks.map(blockLabelOf)
          for (const [i, label] of labels.entries()) {
            expect(fitsBlock(outline.endpoints[name]!.blocks[i]!, label)).toBe(true)
            for (const misfit of misfits(label)) expect(fitsBlock(outline.endpoints[name]!.blocks[i]!, misfit)).toBe(false)
          }
          const whole = must(labelOf(program, name))
          expect(composeLabel(outline.endpoints[name]!, labels)).toEqual({
            ...whole,
            blocks: whole.blocks.map((block) => ({ ...block, at: '' })),
          })
          expect(composeLabel(unplaced(endpoint), labels)).toEqual(composeLabel(outline.endpoints[name]!, labels))
        }
      }),
      from(907, 60),
    )
  })

  it('say what the API document of the outline does not: that one is the same for everybody', () => {
    const api = describeProgram(outlineOf(notes))
    expect(api.endpoints['post']!.blocks.map(({ opens, paths }) => ({ opens, paths }))).toEqual(
      describeProgram(notes).endpoints['post']!.blocks.map(({ opens, paths }) => ({ opens, paths })),
    )
  })
})
