/** [B5] A new program for a running app: by what title the app goes, and what a second one is told that comes too soon. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { GUESTBOOK, startWorld, type World } from '../network/world.ts'

let world: World
beforeAll(async () => {
  world = await startWorld('supersede', 3, ['alice'])
})
afterAll(() => world?.close())

const named = (name: string, doc: string) => ({ ...(GUESTBOOK as object), name, doc })
const app = async () => (await world.view('alice')).app!
const ticking = async (): Promise<number> => (await world.view('alice')).tick!.number
/** Waits until the endpoints that people see are those of the newest program. */
const inForce = (doc: string) => world.until(`«${doc}» being in force`, async () => (await app()).doc === doc)
const supersede = (program: object, title?: string) =>
  world.call('supervisor', 'publish.update', { program: program as never, ...(title === undefined ? {} : { title }) })

describe('[B5] a program that takes over', () => {
  it('keeps the title, and under another name brings its own', async () => {
    expect((await app()).title).toBe('guestbook')
    await supersede(named('visitors', 'Of another name.'))
    await inForce('Of another name.')
    expect((await app()).title).toBe('visitors')
    await supersede(named('visitors', 'Of the same name.'), 'Visitors’ book')
    await inForce('Of the same name.')
    expect((await app()).title).toBe('Visitors’ book')
    await supersede(named('visitors', 'Once more.'))
    await inForce('Once more.')
    expect((await app()).title).toBe('Visitors’ book')
    const key = (await world.view('supervisor')).engagements[0]?.key
    await world.call('supervisor', 'publish.replaceKey', { reason: 'to see that the title stays' })
    await world.until('a new key', async () => (await world.view('supervisor')).engagements[0]?.key !== key)
    const tick = await ticking()
    await world.until('its ticks', async () => (await ticking()) > tick + 2)
    expect((await app()).title).toBe('Visitors’ book')
  })

  it('is told of the one before that has not taken over: with which tick it does, and from which on its code runs', async () => {
    await supersede(named('visitors', 'First.'))
    const early = await supersede(named('visitors', 'Second.')).catch(String)
    expect(early).toMatch(
      /takes over with tick \d+ at the earliest, and its code runs from 3 ticks later on; try again after it has\. \(offer\.refused\)$/,
    )
    await world.block()
    const refusal = String(await supersede(named('visitors', 'Second.')).catch(String))
    const told =
      /takes over with tick (\d+), which is due at block (\d+), and its code runs from tick (\d+) on; try again after it has/.exec(refusal)
    expect(told, refusal).not.toBeNull()
    const [tick, due, code] = told!.slice(1).map(Number) as [number, number, number]
    expect(code).toBe(tick + 3)
    await world.until('that block', () => Promise.resolve(world.chain.height() >= due))
    await world.run(3_000)
    await supersede(named('visitors', 'Second.'))
    await inForce('First.')
    expect(await ticking()).toBe(code)
    await inForce('Second.')
  })

  it('may bring nothing but another title', async () => {
    await world.call('supervisor', 'publish.update', { title: 'Nothing but another title' })
    await world.until('the title', async () => (await app()).title === 'Nothing but another title')
    expect((await app()).doc).toBe('Second.')
  })
})
