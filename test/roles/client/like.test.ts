import { describe, expect, it } from 'vitest'
import { labelOf } from '../../../roles/program/index.ts'
import { openReply } from '../../../roles/client/request.ts'
import { must } from '../../../roles/protocol/result.ts'
import { compose, makeWorld, serve } from '../request/world.ts'

describe('an endpoint with a lookup, a count and a guard', () => {
  it('writes carried caller and key when the guard lets it, and passes the thread on when it does not', async () => {
    const world = await makeWorld({ seed: 'like', posts: [{ topic: 'weather', text: 'Mine', author: 'dd'.repeat(32) }] })
    const post = must(await world.reader.rows('posts', 'byTopic', ['weather'])).value[0]!['$key'] as string
    const label = must(labelOf(world.program, 'like'))
    const like = async (key: string) => {
      const composed = await compose(world, 'like', { post: key })
      return must(openReply(world.ctx, { ...world.clientEnv(), label }, composed.pending, must(serve(world, composed))))
    }
    const liked = await like(post)
    expect(liked.opened.response).toMatchObject({ accepted: true })
    expect(liked.writes).toMatchObject([
      {
        collection: 'likes',
        fields: { post, author: world.client.publicKey },
        flags: [],
        rules: [
          'This may be refused if somebody, or another request of yours, is faster: at most one row of likes has the same post and author.',
        ],
      },
    ])
    expect(Object.keys(liked.opened.writes[0]!.carried).sort()).toEqual(['author', 'post'])
    const nothing = await like('77'.repeat(32))
    expect(nothing.opened.response).toMatchObject({ accepted: false })
    expect(nothing.writes).toEqual([])
    expect(nothing.opened.lanes[0]!.map((link) => link.sites)).toEqual([[], []])
  })
})
