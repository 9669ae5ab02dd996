/** The life of a request in words. Only what has been established is said. */
import type { RequestView } from '../../main/contract/index.ts'

export type RequestState = RequestView['state']
export type Tone = 'plain' | 'good' | 'active' | 'warn' | 'bad'

/** The states on the way to the index, in order. */
export const path = ['sending', 'review', 'signed', 'anchored', 'counted'] as const satisfies readonly RequestState[]

const words: Record<RequestState, { title: string; tone: Tone; says: string }> = {
  sending: { title: 'On its way', tone: 'active', says: 'The servers are working on it.' },
  review: { title: 'Waiting for you', tone: 'warn', says: 'Nothing is public until you approve.' },
  signed: { title: 'Approved', tone: 'active', says: 'Signed, and on its way into a block.' },
  anchored: { title: 'In a block', tone: 'active', says: 'Waiting for the tick that counts it.' },
  counted: { title: 'In the index', tone: 'good', says: 'Counted by the Supervisor and readable with a proof.' },
  refused: { title: 'Refused by you', tone: 'plain', says: 'The writes were dropped. Nothing was published.' },
  late: { title: 'Too late', tone: 'bad', says: 'Composed anew, it goes out on the newest tick.' },
  rejected: { title: 'Not counted', tone: 'bad', says: 'It was anchored, but the tick did not include it.' },
  failed: { title: 'Failed', tone: 'bad', says: 'Nothing was published.' },
  'nothing to write': { title: 'Nothing to write', tone: 'plain', says: 'The app answered without changing the database.' },
}

export const wordsOf = (state: RequestState): { title: string; tone: Tone; says: string } => words[state]

/** Short names of the steps. */
export const stepNames: Record<(typeof path)[number], string> = {
  sending: 'Servers',
  review: 'Your review',
  signed: 'Mempool',
  anchored: 'Block',
  counted: 'Index',
}

export const isOpen = (request: RequestView): boolean => ['sending', 'review', 'signed', 'anchored'].includes(request.state)

export const flagsOf = (request: RequestView): string[] => request.writes.flatMap((write) => write.flags)
