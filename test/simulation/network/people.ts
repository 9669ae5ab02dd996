/** What people do with a running app in a simulated world: ask, approve, look. */
import type { RequestView } from '../../../main/contract/index.ts'
import { ready, type World } from './world.ts'

type Arguments = Record<string, unknown>
const DECIDED = ['counted', 'rejected', 'failed']

export interface People {
  /** Sends a request and waits for what comes back, without a block in between. */
  ask(name: string, endpoint: string, args: Arguments): Promise<RequestView>
  /** Approves, and mines until a tick decided. */
  publish(name: string, request: RequestView): Promise<RequestView>
  /** Both, where the write is to count. @returns the keys written, by collection */
  done(name: string, endpoint: string, args: Arguments): Promise<Record<string, string>>
  /** Approves several requests before any of them is on the chain. @returns what became of each */
  publishTogether(name: string, requests: RequestView[]): Promise<RequestView[]>
  /** Rows of an index as a reader gets them, proved. */
  rows(name: string, index: [collection: string, index: string], equals: string[], limit?: number): Promise<Array<Record<string, unknown>>>
  count(name: string, index: [collection: string, index: string], equals: string[]): Promise<number | undefined>
}

export function peopleOf(world: World): People {
  const read = (name: string, [collection, index]: [string, string], equals: string[], limit: number) =>
    world.call(name, 'use.read', { collection, index, equals, limit, descending: true })
  const decided = (name: string, { id }: RequestView): Promise<RequestView> =>
    world.until(`request ${id.slice(0, 8)} of ${name} being decided`, async () => {
      const request = await world.request(name, id)
      return request && DECIDED.includes(request.state) ? request : null
    })
  const ask: People['ask'] = async (name, endpoint, args) => {
    const actor = await ready(world, name)
    const { id } = await world.call(name, 'use.request', { app: actor, endpoint, arguments: args as never })
    for (let waits = 0; waits < 40 && (await world.request(name, id))?.state === 'sending'; waits++) await world.run(500)
    return (await world.request(name, id))!
  }
  const publish: People['publish'] = async (name, request) => {
    await world.call(name, 'use.approve', { id: request.id })
    return decided(name, request)
  }
  return {
    ask,
    publish,
    async done(name, endpoint, args) {
      const request = await ask(name, endpoint, args)
      if (request.state !== 'review')
        throw new Error(`${endpoint} of ${name}: ${request.state}, ${JSON.stringify(request.response ?? request.error)}`)
      const end = await publish(name, request)
      if (end.state !== 'counted') throw new Error(`${endpoint} of ${name}: ${end.state}, ${end.error?.message}`)
      // Everybody is to know of it.
      await world.block()
      return Object.fromEntries(request.writes.map(({ collection, key }) => [collection, key]))
    },
    async publishTogether(name, requests) {
      for (const { id } of requests) await world.call(name, 'use.approve', { id })
      return Promise.all(requests.map((request) => decided(name, request)))
    },
    rows: async (name, index, equals, limit = 10) => (await read(name, index, equals, limit)).rows,
    count: async (name, index, equals) => (await read(name, index, equals, 1)).count,
  }
}
