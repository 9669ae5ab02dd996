import { describe, expect, it } from 'vitest'
import { changeOf, GAP, type Change } from '../../main/contract/changes.ts'
import { followOverview } from '../../main/contract/following.ts'
import type { Overview } from '../../main/contract/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import { seeded } from '../tools/seeded.ts'
import { overview, request } from '../e2e/view/sample.ts'
import { overviews } from './random-overview.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A node whose answers come when the test lets them. */
function cast() {
  const questions: Array<(answer: Result<Overview>) => void> = []
  const shown: Overview[] = []
  const failures: string[] = []
  const following = followOverview({
    ask: () => new Promise((resolve) => questions.push(resolve)),
    show: (one) => shown.push(one),
    failed: ({ code }) => failures.push(code),
  })
  const answer = async (at: number, result: Result<Overview>): Promise<void> => {
    questions[at]!(result)
    await settled()
  }
  return { following, questions, shown, failures, answer }
}

const [at1, at2, at3] = [1, 2, 3].map((number) =>
  overview({ number, requests: Array.from({ length: number }, (_, n) => request(`${n}`, 'review')) }),
) as [Overview, Overview, Overview]
const [to2, to3] = [changeOf(at1, at2, 2)!, changeOf(at2, at3, 3)!]

describe('following an overview', () => {
  it('takes changes on top of an answer that was under way while they came, in whatever order the two arrive', async () => {
    const { following, shown, answer, questions } = cast()
    void following.look()
    following.hear(to2)
    await answer(0, ok(at1))
    expect(shown).toEqual([at2])
    following.hear(to2)
    following.hear(to3)
    expect(shown).toEqual([at2, at3])
    expect(questions).toHaveLength(1)
  })

  it('asks for the whole where something was not told, once for all that come meanwhile, and shows each state once', async () => {
    const { following, shown, answer, questions } = cast()
    void following.look()
    await answer(0, ok(at1))
    following.hear(to3)
    following.hear(to3)
    expect(questions).toHaveLength(2)
    await answer(1, ok(at3))
    expect(shown).toEqual([at1, at3])
    expect(shown[1]!.apps).toBe(shown[0]!.apps)
  })

  it('asks again where the answer is older than what was missed', async () => {
    const { following, shown, answer, questions } = cast()
    void following.look()
    following.hear(to3)
    await answer(0, ok(at1))
    expect(questions).toHaveLength(2)
    await answer(1, ok(at3))
    expect(shown).toEqual([at1, at3])
  })

  it('takes another node that answers in the place of the first, whose numbers begin anew', async () => {
    const { following, shown, answer } = cast()
    void following.look()
    await answer(0, ok({ ...at3, number: 900 }))
    following.hear(GAP)
    following.hear({ ...to2, number: 901 })
    await answer(1, ok(at1))
    // What was heard before the gap belongs to nobody.
    await answer(2, ok(at1))
    following.hear(to2)
    expect(shown.at(-1)).toEqual(at2)
  })

  it('lets an answer be overtaken by the one to a later question', async () => {
    const { following, shown, answer } = cast()
    void following.look()
    void following.look()
    await answer(1, ok(at2))
    await answer(0, ok(at1))
    expect(shown).toEqual([at2])
  })

  it('tells why there is no answer, and asks again with the next change', async () => {
    const { following, failures, shown, answer } = cast()
    void following.look()
    await answer(0, fail('core.starting', 'It starts.'))
    following.hear(to2)
    await answer(1, ok(at2))
    expect([failures, shown]).toEqual([['core.starting'], [at2]])
  })

  it('that is forgotten takes no answer any more', async () => {
    const { following, shown, answer, questions } = cast()
    void following.look()
    following.forget()
    await answer(0, ok(at1))
    expect(shown).toEqual([])
    following.hear(to2)
    expect(questions).toHaveLength(2)
  })
})

it('however events are lost, late or doubled and answers delayed, who follows ends with what the node says', async () => {
  const seed = process.env['GOLEM_SEED'] ?? `following ${Date.now() % 2 ** 31}`
  console.log(`seed ${seed} (GOLEM_SEED=${JSON.stringify(seed)} replays)`)
  for (let run = 0; run < 40; run++) {
    const random = seeded(`${seed}/${run}`)
    const chance = (of: number): boolean => random(1)[0]! % of === 0
    const node = { told: overview({ number: 0 }) }
    const answers: Array<() => void> = []
    let known: Overview | null = null
    const following = followOverview({
      ask: () => {
        const answer = node.told
        return new Promise((resolve) => answers.push(() => resolve(ok(answer))))
      },
      show: (one) => (known = one),
    })
    const late: Change[] = []
    void following.look()
    for (const { number: _, ...view } of overviews(`${seed}/${run}/views`, 30)) {
      const next = { number: node.told.number, ...view }
      const change = changeOf(node.told, next, node.told.number + 1)
      if (change === null) continue
      node.told = { ...next, number: change.number }
      late.push(change)
      while (late.length > 0 && !chance(3)) {
        const [told] = late.splice(0, 1) as [Change]
        if (chance(6)) continue
        following.hear(told)
        if (chance(6)) following.hear(told)
      }
      if (chance(8)) void following.look()
      if (chance(3)) answers.splice(0, 1)[0]?.()
      if (chance(4)) await settled()
    }
    for (const told of late) following.hear(told)
    // A page is told that something was left out; then all answers come.
    following.hear(GAP)
    do {
      for (const answer of answers.splice(0)) answer()
      await settled()
    } while (answers.length > 0)
    expect(known).toEqual(node.told)
  }
})
