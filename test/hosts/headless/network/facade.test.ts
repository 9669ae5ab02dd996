import { describe, expect, it } from 'vitest'
import type { Overview } from '../../../../main/contract/index.ts'
import { createFacade } from '../../../../main/hosts/headless/network/facade.ts'
import type { ParticipantProcess } from '../../../../main/hosts/headless/network/process.ts'
import { ok } from '../../../../main/core/index.ts'
import { actors, overview, request } from '../../../e2e/view/sample.ts'

/** A participant whose view changes by a command, and who tells nobody of it. */
function quiet(): ParticipantProcess & { asked: string[] } {
  let view: Overview = { ...overview(), requests: [] }
  const asked: string[] = []
  return {
    name: 'alice',
    pid: 1,
    running: true,
    ended: new Promise(() => undefined),
    asked,
    call: async (name: string) => {
      asked.push(name)
      if (name === 'overview') return ok(view)
      const made = request('5', 'sending')
      view = { ...view, requests: [made] }
      return ok({ id: made.id })
    },
    subscribe: () => () => undefined,
    stop: async () => undefined,
    kill: async () => undefined,
  }
}

/** The first view has come. */
const seen = () => new Promise((resolve) => setImmediate(resolve))

describe('one contract for the whole local network', () => {
  it('shows at once what a command did, to whoever asks for the view next', async () => {
    const facade = createFacade()
    const alice = quiet()
    facade.add(alice)
    await seen()
    const actor = actors[0]!.id
    const made = await facade.call('use.request', { app: actor, endpoint: 'post', arguments: {} })
    expect(made).toMatchObject({ ok: true })
    const shown = await facade.call('overview', {})
    expect(shown).toMatchObject({ ok: true, value: { requests: [{ id: (made as { value: { id: string } }).value.id, state: 'sending' }] } })
  })

  it('asks for no view after a command that only reads', async () => {
    const facade = createFacade()
    const alice = quiet()
    facade.add(alice)
    await seen()
    const before = alice.asked.length
    await facade.call('use.read', { app: actors[0]!.id })
    expect(alice.asked.slice(before)).toEqual(['use.read'])
  })
})
