/**
 * A Supervisor that counted a write signs other ticks in its place, which say that the write never came. Readers once followed whatever was anchored last;
 * now the old ticks stay, and everybody who sees both documents stops.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Tick } from '../../roles/protocol/documents/index.ts'
import type { World } from '../simulation/network/world.ts'
import { startStory, type Mined, type Story, type Thief } from './thief.ts'

let world: World
let thief: Thief
let story: Story
beforeAll(async () => {
  ;({ world, thief, story } = await startStory('rewritten', ['ann', 'bob', 'cleo']))
  await story.post('ann', 'counted')
  await story.post('ann', 'and more')
})
afterAll(() => world?.close())

/** What is said of everything that a tick decided. */
const UNAVAILABLE = ({ summary }: Tick): Partial<Tick> => ({
  summary: { ...summary, verdicts: summary.verdicts.map((verdict) => ({ ...verdict, outcome: 'update.unavailable' })) },
})
const byNumber = (number: number): Mined => thief.mined().findLast((tick) => tick.number === number)!
const stopped = /signed two different documents of tick (\d+)/

async function expectStopped(): Promise<void> {
  expect(await story.texts('bob')).toEqual(expect.arrayContaining(['counted', 'and more']))
  await expect(story.ask('bob', 'too late')).rejects.toThrow(stopped)
  const audit = await world.call('cleo', 'use.audit', {})
  expect(audit).toMatchObject({ ok: false, stopped: expect.stringMatching(stopped) })
}

it('[D4] three ticks anchored anew without their seals change nothing that was counted, and everybody stops', async () => {
  const newest = thief.mined().at(-1)!
  let previous = byNumber(newest.number - 3).reference
  for (const number of [newest.number - 2, newest.number - 1, newest.number]) {
    const like = byNumber(number)
    const forged = await thief.forge(like, { ...UNAVAILABLE(await thief.documentOf(like)), previous })
    thief.anchor(forged, 'no seal')
    previous = forged.reference
  }
  await world.block()
  await world.block()
  await expectStopped()
})

it('[D4] the master key ends it, and the app goes on: what had counted stays', async () => {
  await world.call('supervisor', 'publish.takeBack', { reason: 'I lied' })
  await story.goesOn('after the first lie')
  expect(await story.texts('cleo')).toEqual(expect.arrayContaining(['counted', 'and more']))
})

it('[D4] the last tick anchored anew by its own seal, over the same blocks, stops everybody as well; and it is ended as well', async () => {
  thief.steal(1)
  const last = thief.mined().at(-1)!
  world.trouble('supervisor', { held: true })
  world.chain.forget()
  const forged = await thief.forge(last, UNAVAILABLE(await thief.documentOf(last)))
  thief.anchor(forged, { of: last })
  await world.block()
  await world.block()
  await expectStopped()
  world.trouble('supervisor', {})
  await world.block()
  await world.call('supervisor', 'publish.takeBack', { reason: 'I lied again' })
  await story.goesOn('after the second lie')
  expect(await story.texts('cleo')).toEqual(expect.arrayContaining(['counted', 'and more']))
})

it('[D4] a reorg under it brings nothing back that was ended', async () => {
  await story.reorg(4)
  await story.goesOn('after the reorg')
  expect(await story.texts('cleo')).toEqual(expect.arrayContaining(['counted', 'and more']))
})
