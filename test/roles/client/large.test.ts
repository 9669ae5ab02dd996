/** Values that are larger than what travels: told as the request's own, before servers are asked or by the one that made them. */
import { describe, expect, it } from 'vitest'
import { composeRequest } from '../../../roles/client/request.ts'
import { app, collection, compile, endpoint, see, text } from '../../../roles/program/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { compose, exchange, makeWorld } from '../request/world.ts'

/** Six bytes of JSON for one character, so that little makes much. */
const WIDE = '\u0001'

const program = must(
  compile(
    app({
      name: 'large',
      doc: 'Much.',
      collections: { notes: collection({ doc: '', fields: { words: text(10) }, indices: {} }) },
      endpoints: () => ({
        grow: endpoint({
          doc: '',
          request: { words: text(300_000) },
          run: ({ words }) => see('grow', words, (words) => words.concat(words, words, words)),
        }),
      }),
    }),
  ),
)
const large = (seed: string) =>
  makeWorld({ seed, app: { program, keys: ['notes', 'notes', 'notes', 'notes'], endpoint: 'grow', rows: [] } })

describe('a sealed value of more than 1 MiB', () => {
  it('that is given is refused before any server is asked, with its name', async () => {
    const world = await large('large-given')
    const composed = await composeRequest(world.ctx, world.clientEnv(), 'grow', { words: WIDE.repeat(180_000) })
    expect([composed.ok, composed.ok || composed.error]).toMatchObject([
      false,
      { code: 'client.too-large', retryable: false, details: { edge: 'request.words' } },
    ])
  })

  it('that a block makes is the doing of the call, and no fault of its server', async () => {
    const world = await large('large-made')
    const made = await exchange(world, await compose(world, 'grow', { words: WIDE.repeat(45_000) }))
    expect([made.ok, made.ok || made.error]).toMatchObject([
      false,
      { code: 'request.hop-failed', retryable: false, details: { cause: 'hop.too-large', position: 0 } },
    ])
    expect((await exchange(world, await compose(world, 'grow', { words: WIDE.repeat(43_000) }))).ok).toBe(true)
  })
})
