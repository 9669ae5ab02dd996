/** A Supervisor loses its disk and goes on from twelve words: everything else is on the chain, and with those who serve and use the app. */
import { describe, expect, it } from 'vitest'
import { restoreSupervisor, scanForEngagements, watchFound } from '../../../main/core/restore/index.ts'
import type { Json } from '../../../main/core/ports.ts'
import { must } from '../../../roles/protocol/result.ts'
import { freshNode, type Fresh } from '../network/fresh.ts'
import { peopleOf } from '../network/people.ts'
import { startWorld, type World } from '../network/world.ts'

const phraseOf = async (world: World, name: string): Promise<string> =>
  must(await world.member(name).core.call('phrase', { participant: name, passphrase: 'story' })).phrase

/** From the words alone: what was found, the coins of its keys, and the app, as rows on a new disk. */
async function restore(world: World, fresh: Fresh, programs: unknown[] = []) {
  const { services } = fresh
  const { found, unknown } = await world.during(scanForEngagements(services, () => undefined))
  const from = watchFound(services, found)
  must(services.wallet.reading.start(from ?? 0))
  await world.during(services.wallet.reading.tend())
  const restored = await world.during(restoreSupervisor(services, { index: 0, programs }))
  if (!restored.ok) return { found, unknown, restored }
  const { rows, states } = restored.value
  const stateRows = Object.entries(states).map(([key, value]) => ({ table: 'role-state', key, value: value as unknown as Json }))
  services.storage.transact([...rows, ...stateRows])
  return { found, unknown, restored }
}

describe('a Supervisor whose disk is gone', () => {
  it('is restored from twelve words while its app waits, and the app goes on with all that was written', async () => {
    const world = await startWorld('restored', 4, ['alice', 'bob'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'before' })
    const phrase = await phraseOf(world, 'supervisor')
    const before = (await world.call('bob', 'overview', {})).tick!
    await world.stop('supervisor')
    world.swarms.forget('supervisor')
    for (let blocks = 0; blocks < 4; blocks++) await world.block()

    const fresh = await freshNode(world, 'supervisor-again', phrase)
    const { found, unknown, restored } = await restore(world, fresh)
    expect(unknown).toEqual([])
    expect(found.map(({ role, title, index }) => ({ role, title, index }))).toEqual([{ role: 'supervisor', title: 'guestbook', index: 0 }])
    const { settings, lost, states } = must(restored)
    expect(lost).toEqual([])
    expect(states.supervisor).toMatchObject({ phase: 'restored', composing: null })
    await fresh.stop()

    await world.revive({ name: 'supervisor-again', supervisor: settings }, fresh.disk)
    await world.until('the app to go on', async () => ((await world.call('bob', 'overview', {})).tick?.number ?? 0) > before.number + 4)
    await people.done('bob', 'post', { topic: 'golem', text: 'after' })
    const rows = await people.rows('alice', ['posts', 'byTopic'], ['golem'])
    expect(rows.map(({ text }) => text).sort()).toEqual(['after', 'before'])
    expect(await world.call('alice', 'audit', {})).toMatchObject({ ok: true })
    await world.close()
  })
})
