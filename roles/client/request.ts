/** Requests from end to end: compose, go on after pauses, open the reply with its review, publish. */
export { answerAlone } from './alone.ts'
export { blameRefusal, blameReply, causeOf, type Blame } from './blame.ts'
export { composeRequest } from './compose.ts'
export { composeContinuation, takeReply, type Taken } from './continue.ts'
export { openReply } from './open-reply.ts'
export { review } from './review.ts'
export { changedKeys, composeUpdate, updateSpending, type KeyOf, type PreparedUpdate } from './update.ts'
