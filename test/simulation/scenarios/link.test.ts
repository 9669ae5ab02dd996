/** Somebody gets the link of an app and has nothing yet: their node has not read the chain, and finds the app where the link says. */
import { describe, expect, it } from 'vitest'
import { createMemoryDisk } from '../ports/storage.ts'
import { peopleOf } from '../network/people.ts'
import { startWorld } from '../network/world.ts'

describe('A link that is opened on a fresh node', () => {
  it('shows the app before the chain was read, is begun with, and leads to the same rows as everybody has', async () => {
    const world = await startWorld('link', 3, ['alice'])
    const people = peopleOf(world)
    await people.done('alice', 'post', { topic: 'golem', text: 'for all' })
    const { link, height } = await world.call('alice', 'use.find', { app: 'guestbook' })
    world.trouble('eve', { readsTo: 40 })
    await world.revive({ name: 'eve', settings: { use: { freshKeys: 0 } } }, createMemoryDisk())
    const known = await world.call('eve', 'use.find', { app: link })
    const readSoFar = (await world.view('eve')).chain.height
    expect([known.title, known.height, readSoFar < height]).toEqual(['guestbook', height, true])
    await world.call('eve', 'use', { app: link, register: false })
    await expect(world.call('eve', 'host.join', { offer: link })).rejects.toThrow('offer.unread')
    await expect(world.call('eve', 'use', { app: link.slice(0, link.indexOf('?')).replace(/.$/, '0') })).rejects.toThrow('offer.unread')
    expect((await world.view('eve')).chain.height).toBe(40)
    world.trouble('eve', {})
    await world.until('the same tick', async () => (await world.view('eve')).tick?.number === (await world.view('alice')).tick?.number)
    const rows = await people.rows('eve', ['posts', 'byTopic'], ['golem'])
    expect(rows.map(({ text }) => text)).toEqual(['for all'])
    expect(await world.call('eve', 'use.audit', {})).toMatchObject({ ok: true })
    await world.close()
  })
})
