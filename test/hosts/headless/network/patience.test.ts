import { describe, expect, it } from 'vitest'
import { attend, OutOfPatience, waitFor } from '../../../../main/hosts/headless/network/patience.ts'

/** Looks without a pause, so that a test takes no time. */
const quick = { looks: 20, lookMs: 0 }

describe('A wait', () => {
  it('goes on as long as anything moves, however many looks that takes', async () => {
    let looked = 0
    const found = await waitFor('the hundredth look', () => (++looked === 100 ? 'here' : null), {
      ...quick,
      moved: () => Math.floor(looked / 19),
    })
    expect([found, looked]).toEqual(['here', 100])
  })

  it('fails when nothing has moved for so many looks in a row, and says what it waited for and where everybody is', async () => {
    let looked = 0
    const waiting = waitFor('alice to be ready', () => void looked++, {
      ...quick,
      moved: () => Math.min(looked, 5),
      state: () => 'alice: registering',
    })
    await expect(waiting).rejects.toThrow(/^waited for alice to be ready, and nothing moved for 20 looks \(\d+ s\)\nalice: registering$/)
    await expect(waiting).rejects.toBeInstanceOf(OutOfPatience)
    expect(looked).toBe(25)
  })

  it('fails when more has passed than it can take, though things move', async () => {
    let height = 700
    const budget = { of: 'blocks', spent: () => height++, most: 30 }
    await expect(waitFor('a tick', () => null, { ...quick, moved: () => height, budget })).rejects.toThrow(/^waited 31 blocks for a tick/)
  })

  it('takes an answer that is zero or empty for one, and nothing, null and false for none', async () => {
    const answers = [undefined, null, false, 0]
    expect(await waitFor('zero', () => answers.shift(), quick)).toBe(0)
    expect(await waitFor('an empty text', () => '', quick)).toBe('')
  })

  it('tells what the look throws, at once', async () => {
    await expect(waitFor('it', () => Promise.reject(new Error('gone')), quick)).rejects.toThrow('gone')
  })

  it('fails with its own words even where nobody can say how things are', async () => {
    const state = () => Promise.reject(new Error('no answer'))
    await expect(waitFor('it', () => null, { ...quick, state })).rejects.toThrow(
      /^waited for it.*\nnobody could be asked: Error: no answer$/,
    )
  })
})

describe('Work that is attended', () => {
  it('is waited for, and its value or failure handed on', async () => {
    expect(await attend('it', Promise.resolve(7), quick)).toBe(7)
    await expect(attend('it', Promise.reject(new Error('broken')), quick)).rejects.toThrow('broken')
  })

  it('that never ends fails once nothing moves', async () => {
    await expect(attend('the audit', new Promise(() => undefined), quick)).rejects.toThrow('waited for the audit, and nothing moved')
  })
})
