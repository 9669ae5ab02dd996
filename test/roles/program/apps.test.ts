/** The sample applications as documents: what is committed, and what nobody may see. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import guestbook from '../../../resources/apps/guestbook.ts'
import marketplace from '../../../resources/apps/marketplace.ts'
import poll from '../../../resources/apps/poll.ts'
import { canonicalProgram, check, compile, describe as describeProgram, labelOf, splitsOf } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const folder = new URL('../../../resources/apps/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const APPS = { guestbook, marketplace, poll }
const programs = { poll: must(compile(poll)), marketplace: must(compile(marketplace)) }
const opensOf = (app: keyof typeof programs, endpoint: string) => {
  const { blocks } = must(labelOf(programs[app], endpoint))
  return Object.fromEntries(programs[app].endpoints[endpoint]!.blocks.map(({ name }, i) => [name, blocks[i]!.opens]))
}

describe.each(Object.entries(APPS))('[L1][L9] %s', (name, source) => {
  it('is committed as what its source compiles to, and the checker admits it', () => {
    expect(`${canonicalProgram(must(compile(source)))}\n`).toBe(read(`${name}.json`))
    expect(must(check(JSON.parse(read(`${name}.json`)))).name).toBe(name)
  })

  it('has less than 150 lines', () => {
    expect(read(`${name}.ts`).trimEnd().split('\n').length).toBeLessThan(150)
  })
})

describe('the folder of sample applications', () => {
  it('has nothing that is not tested here', () => {
    const names = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'compile.ts')
    expect(names.sort()).toEqual(Object.keys(APPS).map((name) => `${name}.ts`))
  })
})

describe('[L11] who sees what', () => {
  it('in a vote: the booth nothing of the voter, the box not the choice, which it stores unopened', () => {
    const { booth, box } = opensOf('poll', 'vote')
    expect(booth!.toSorted()).toEqual(['query.poll.options', 'query.poll.state', 'request.choice', 'request.poll'])
    expect(box).not.toContain('request.choice')
    expect(programs.poll.endpoints['vote']!.blocks[1]!.carries).toContainEqual({ from: 'request', field: 'choice' })
    const choice = must(labelOf(programs.poll, 'vote')).stored.find(({ field }) => field === 'choice')
    expect(choice).toMatchObject({ carried: true })
    expect(choice!.sees).not.toContain('request.choice')
  })

  it('in an offer: the address nobody; in new stock: nothing at all', () => {
    const encrypted = (endpoint: string, value: string) =>
      describeProgram(programs.marketplace).endpoints[endpoint]!.encrypt.find((one) => one.value === value)
    expect(encrypted('offer', 'request.address')).toEqual({ value: 'request.address', openedBy: [], carriedBy: ['till'] })
    for (const value of ['request.good', 'request.change'])
      expect(encrypted('restock', value)).toEqual({ value, openedBy: [], carriedBy: ['stall'] })
  })

  it('when an offer is accepted: the desk not what is in stock, the shelf neither who nor in which state', () => {
    const { desk, shelf } = opensOf('marketplace', 'accept')
    expect(desk!.filter((name) => /left|price/.test(name))).toEqual([])
    expect(shelf!.filter((name) => /seller|rank|caller/.test(name))).toEqual([])
  })
})

describe('[L8] the poll asks for the tally of options that it has read', () => {
  it('and so is split, once', () => {
    const splits = must(splitsOf(programs.poll, 'close'))
    expect(splits.map(({ query, stage }) => [query, stage])).toEqual(Array.from({ length: 8 }, (_, i) => [`tally${i + 1}`, 1]))
    expect(describeProgram(programs.poll).endpoints['close']).toMatchObject({ rounds: 2, servers: 3 })
  })
})
