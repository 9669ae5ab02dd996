import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import guestbook from '../../../resources/apps/guestbook.ts'
import { canonicalProgram, check, compile } from '../../../roles/program/index.ts'
import { ALICE, BOB, compiledGuestbook, createStory, must } from './guestbook.story.ts'

const committed = readFileSync(new URL('../../../resources/apps/guestbook.json', import.meta.url), 'utf8')

describe('the guestbook document', () => {
  it('is byte-identical whenever it is compiled', () => {
    expect(`${canonicalProgram(must(compile(guestbook)))}\n`).toBe(committed)
  })

  it('is admitted by the checker', () => {
    expect(must(check(JSON.parse(committed))).name).toBe('guestbook')
  })

  it('has two observation points in each endpoint', () => {
    const { endpoints } = compiledGuestbook()
    expect(endpoints['post']!.blocks.map((block) => block.name)).toEqual(['moderation', 'flood'])
    expect(endpoints['like']!.blocks.map((block) => block.name)).toEqual(['exists', 'once'])
  })

  it('never opens the text where it is stored', () => {
    const flood = compiledGuestbook().endpoints['post']!.blocks[1]!
    expect(flood.inputs.map((input) => input.name)).not.toContain('text')
    expect(flood.carries).toContainEqual({ from: 'request', field: 'text' })
  })
})

describe('a guest', () => {
  const program = compiledGuestbook()

  it('[L9] writes a post, which is stored under the name of its author', () => {
    const story = createStory(program)
    expect(must(story.run('post', ALICE, { topic: 'cats', text: 'Hello!' })).response).toEqual({ accepted: true, reason: '' })
    expect(story.tables['posts']).toMatchObject([{ topic: 'cats', text: 'Hello!', author: ALICE }])
  })

  it.each([
    ['cats', '  ', 'A post needs a topic and a text.'],
    ['', 'hi', 'A post needs a topic and a text.'],
    ['cats', 'Visit my CASINO', 'The text contains a word that is not allowed here.'],
  ])('is told why «%s: %s» is refused, and nothing is written', (topic, text, reason) => {
    const story = createStory(program)
    const result = must(story.run('post', ALICE, { topic, text }))
    expect(result.response).toEqual({ accepted: false, reason })
    expect(result.writes).toEqual([])
  })

  it('cannot flood a topic, but others still write there', () => {
    const story = createStory(program)
    const accepted = (who: string): unknown =>
      (must(story.run('post', who, { topic: 'dogs', text: 'woof' })).response as { accepted: boolean }).accepted
    expect([1, 2, 3, 4, 5, 6].map(() => accepted(ALICE))).toEqual([true, true, true, true, true, false])
    expect(accepted(BOB)).toBe(true)
  })

  it('may speak again once others have: the latest posts are the newest, whatever the addresses of their keys', () => {
    for (const order of [1, -1]) {
      const story = createStory(program)
      const slot = (i: number): string => `key${500 + order * i}`
      const write = (who: string, i: number): unknown =>
        must(story.run('post', who, { topic: 'dogs', text: 'woof' }, { slots: [slot(i)] })).response
      for (let i = 0; i < 5; i++) expect(write(ALICE, i)).toMatchObject({ accepted: true })
      for (let i = 0; i < 15; i++) {
        expect(write(ALICE, 99)).toMatchObject({ accepted: false, reason: 'You wrote the latest posts of this topic; let others speak.' })
        expect(write(`${i}`.padStart(64, 'c'), 5 + i)).toMatchObject({ accepted: true })
      }
      expect(write(ALICE, 30)).toMatchObject({ accepted: false })
      expect(write(BOB, 40)).toMatchObject({ accepted: true })
      expect(write(ALICE, 41)).toMatchObject({ accepted: true })
      expect(story.tables['posts']!.map(({ number }) => number)).toEqual(Array.from({ length: 22 }, (_, i) => i))
    }
  })

  it('likes an existing post once', () => {
    const story = createStory(program)
    story.run('post', ALICE, { topic: 'cats', text: 'Hello!' })
    const post = story.tables['posts']![0]!['$key']!
    const like = (): unknown => must(story.run('like', BOB, { post })).response
    expect(like()).toEqual({ accepted: true, reason: '' })
    expect(like()).toEqual({ accepted: false, reason: 'You like this post already.' })
    expect(story.tables['likes']).toMatchObject([{ post, author: BOB }])
  })

  it('is told when the post to like does not exist, and the second server does not run its body', () => {
    const result = must(createStory(program).run('like', BOB, { post: 'nowhere' }))
    expect(result.response).toEqual({ accepted: false, reason: 'There is no such post.' })
    expect(result.blocks.map((block) => block.steps > 0)).toEqual([true, false])
  })
})
