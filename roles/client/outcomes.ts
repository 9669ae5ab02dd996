/** Outcomes of ticks in plain words, for the person whose write it was. */
import { findRule, isOwn, own, ruleWords, type Program } from '../program/index.ts'
import type { Verdict } from '../protocol/documents/index.ts'

const WORDS: Record<string, string> = {
  'dispute.known': 'The servers that disagreed were ended before; nothing more is to be shown.',
  'dispute.late': 'The evidence came too late: it counts for twelve ticks.',
  'dispute.base': 'A reorganisation took the tick of the request, so nobody can be blamed.',
  'dispute.many': 'The tick had to look into too many disputes. Publish the evidence again.',
  'update.unavailable':
    'The update could not be fetched before its tick closed. Keep the app running so that it can seed, and send the request again.',
  'update.late': 'The update was anchored after its window had closed. Send the request again.',
  'update.early': 'The update names a tick that had not begun. Send the request again.',
  'update.replaced': 'Somebody, or another device of yours, changed the same key first. Read it again and send the request again.',
  'update.stamp':
    'A server did not add its prime, so the write does not count. A complaint with the evidence was made; send the request again.',
  'update.base':
    'The tick that the update rests on was taken back by a reorganisation of the chain; nobody is at fault. It is composed anew for you to review.',
  'update.lanes': 'The servers of the request did not all sign the same, so the write does not count. Send the request again.',
  'update.server': 'A server of the request was expelled before the write was decided. Send the request again.',
  'update.request': 'The request had been counted already.',
  'update.client': 'This client was not registered, or was expelled, when the write was decided. Register it and send the request again.',
  'update.spends': 'The transaction does not spend from the changed key. Send the request again from this wallet.',
  'update.limit': 'More updates of yours than the app counts in one tick were anchored. Send the request again on a newer tick.',
  'registration.unavailable': 'The registration could not be fetched in time. Keep the app running, and register again.',
  'registration.known': 'This client is registered already.',
  'registration.work': "The registration's proof of work is too small. Register again.",
  'reservation.unavailable': 'The reservation could not be fetched in time. Keep the app running, and reserve again.',
  'reservation.taken': 'A key of the reservation was taken already. Reserve others.',
  'reservation.client': 'The client was not registered when the reservation was decided. Register first.',
  'reservation.spends': "The reservation does not spend from the client's address. Reserve again from this wallet.",
}

/**
 * A sentence with the next step. A refusal for a rule names its collection, index and what it says.
 * @param outline that declares the rule; null where it is not at hand, and then the rule is named only
 */
export function outcomeText({ outcome, rule }: Pick<Verdict, 'outcome' | 'rule'>, outline: Program | null = null): string {
  if (rule !== undefined) return ruleText(outcome, rule, outline)
  return (
    own(WORDS, outcome) ??
    `The tick refused it (${outcome}). Send it again; if that repeats, the app's program and its servers disagree: tell its Supervisor.`
  )
}

function ruleText(outcome: string, named: NonNullable<Verdict['rule']>, outline: Program | null): string {
  const rule = outline === null ? null : findRule(outline, named)
  const index = `${named.collection}.${named.index}`
  const said = rule === null ? `the rule of the index ${index}` : `the rule that ${ruleWords(rule)} (index ${index})`
  if (outcome === 'reservation.rule')
    return `The keys begin with an initial value, and with as many of them ${said} would be broken. Reserve fewer.`
  const who = rule !== null && isOwn(rule) ? 'Another request of yours' : 'Somebody, or another request of yours,'
  return `${who} was faster: with this one, ${said} would be broken. Nothing of it was written; look at what is there now before you send it again.`
}
