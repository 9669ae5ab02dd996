import { expect, it } from 'vitest'
import { outcomeText } from '../../../roles/client/index.ts'
import type { Program } from '../../../roles/program/index.ts'

const outline: Program = {
  golem: 1,
  name: 'rules',
  doc: '',
  endpoints: {},
  collections: {
    votes: {
      doc: '',
      initial: null,
      fields: { poll: { kind: 'text', max: 9 } },
      indices: { mine: { kind: 'count', on: ['poll', '$owner'], atMost: 1 } },
    },
    stock: {
      doc: '',
      initial: null,
      fields: { good: { kind: 'text', max: 9 }, change: { kind: 'int', min: '-9', max: '9' } },
      indices: { left: { kind: 'sum', on: ['good'], field: 'change', atLeast: '0', atMost: '5' } },
    },
  },
}
const rule = (collection: string, index: string, bound: 'atLeast' | 'atMost' = 'atMost') => ({ collection, index, bound })
const LOOK = 'Nothing of it was written; look at what is there now before you send it again.'

it.each([
  [
    { outcome: 'update.rule', rule: rule('votes', 'mine') },
    `Another request of yours was faster: with this one, the rule that at most one row of votes has the same poll and owner (index votes.mine) would be broken. ${LOOK}`,
  ],
  [
    { outcome: 'update.rule', rule: rule('stock', 'left', 'atLeast') },
    `Somebody, or another request of yours, was faster: with this one, the rule that the sum of change over the rows of stock with the same good is at least 0 (index stock.left) would be broken. ${LOOK}`,
  ],
  [
    // A rule that another program declares, or one that is gone.
    { outcome: 'update.rule', rule: rule('constructor', 'left') },
    `Somebody, or another request of yours, was faster: with this one, the rule of the index constructor.left would be broken. ${LOOK}`,
  ],
  [
    { outcome: 'reservation.rule', rule: rule('votes', 'mine') },
    'The keys begin with an initial value, and with as many of them the rule that at most one row of votes has the same poll and owner (index votes.mine) would be broken. Reserve fewer.',
  ],
])('the author of a refusal is told the rule: %j', (verdict, words) => {
  expect(outcomeText(verdict, outline)).toBe(words)
})
