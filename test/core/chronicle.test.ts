/** What the log says of a node's engagements. */
import { expect, it } from 'vitest'
import { createChronicle } from '../../main/core/chronicle.ts'
import type { Running } from '../../main/core/engagements/index.ts'

const wait = { height: 100, blockMs: null }

it('says once what is not as it was, and nothing of what is', () => {
  const said: string[] = []
  let phase = 'grinding'
  let tick: number | null = null
  const job = { id: '01', role: 'server', app: () => 'aa', service: { title: () => 'Poll', phase: () => phase } }
  const used = {
    id: '02',
    role: 'client',
    app: () => 'bb',
    service: {
      title: () => 'Guestbook',
      phase: () => 'registered',
      tick: () => (tick === null ? null : { number: tick, state: 'running', blocksLeft: 2 }),
    },
  }
  const running = [job] as unknown as Running[]
  const note = createChronicle({ log: (level, message) => void said.push(`${level}: ${message}`) }, () => running)
  const lines = (): string[] => {
    note(wait)
    return said.splice(0)
  }
  expect(lines()).toEqual(['info: «Poll», a job: grinding.'])
  expect(lines()).toEqual([])
  running.push(used as unknown as Running)
  expect(lines()).toEqual(['info: «Guestbook», used: registered.'])
  phase = 'serving'
  tick = 7
  expect(lines()).toEqual(['info: «Poll», a job: serving.', 'info: «Guestbook», used: registered, tick 7.'])
  // One that ended and begins again is told of again.
  running.pop()
  expect(lines()).toEqual([])
  running.push(used as unknown as Running)
  expect(lines()).toEqual(['info: «Guestbook», used: registered, tick 7.'])
})
