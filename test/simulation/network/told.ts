/** Who listens to a node of a simulated world: what it knows by changes alone, the node's last pulse, and how much was told. */
import type { Change, Overview, Pulse } from '../../../main/contract/index.ts'
import { followOverview } from '../../../main/contract/following.ts'
import type { World } from './world.ts'

export interface Listener {
  /** As the changes make it. */
  known(): Overview
  pulse(): Pulse
  /** Since the last call: how often something was told, how many bytes that took, and how many the whole overview would have taken each time. */
  told(): { times: number; bytes: number; whole: number }
  /** Questions for the whole, so far. */
  asked(): number
  stop(): void
}

export async function listenTo(world: World, name: string): Promise<Listener> {
  const { core } = world.member(name)
  let known: Overview | undefined
  let pulse: Pulse | undefined
  let asked = 0
  let told = { times: 0, bytes: 0, whole: 0 }
  const following = followOverview({
    ask: () => (asked++, core.call('overview', {})),
    show: (overview) => (known = overview),
  })
  const stop = core.subscribe(['changed', 'pulse'], (event, payload) => {
    const text = JSON.stringify(payload)
    if (event === 'pulse') return void (pulse = JSON.parse(text) as Pulse)
    following.hear(JSON.parse(text) as Change)
    told = { times: told.times + 1, bytes: told.bytes + text.length, whole: told.whole + JSON.stringify(known).length }
  })
  await world.during(following.look())
  return {
    known: () => known!,
    pulse: () => pulse!,
    asked: () => asked,
    told() {
      const sum = told
      told = { times: 0, bytes: 0, whole: 0 }
      return sum
    },
    stop,
  }
}
