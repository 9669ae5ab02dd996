/** `golem verify` of an update: whether a tick counts it, and whether it went through its program, by all that a few ticks show. */
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import {
  checkStamps,
  proofSteps,
  readReveal,
  revealMatches,
  type ProofEnv,
  type TickFacts,
} from '../../../../roles/protocol/stamps/index.ts'
import type { OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { countsIsTaken, decisionOn, factsFor, newestOf, signerCheck, twinsOf } from './facts.ts'
import type { Check, Doer, Finding } from './finding.ts'
import type { Finder } from './finder.ts'

type Update = OpenedDocument<'update'>

/** What each step of the proof says when it holds. */
const STEPS: Record<keyof typeof proofSteps, string> = {
  start: 'The start is of this request, app, tick, endpoint and client.',
  base: 'It rests on the tick that it read, and on the one that published its plan.',
  lanes: 'Every lane has a link for each block, and all lanes signed the same.',
  path: 'Each link is by a server to which its version was dealt, none stands twice, and the program can take this path.',
  seats: 'The servers are those that this client had to take.',
  digests: 'The servers signed exactly these writes.',
  writes: 'Each write has the fields, types and sealed values of its call site.',
  threads: 'Client and servers signed start and links, each following on the one before.',
  keys: 'Every changed key signed the writes.',
}

/** Refusals that documents alone can show to be wrong. */
const SHOWN = new Set(
  [
    'app',
    'start',
    'base',
    'lanes',
    'path',
    'version',
    'sites',
    'digest',
    'collection',
    'fields',
    'type',
    'carried',
    'thread',
    'signature',
    'stamp',
  ].map((name) => `update.${name}`),
)

const unseen = (what: string, says: string): Check => ({ what, holds: null, says })

/** The steps in order; after the first that does not hold nothing is said of the rest. */
function stepChecks(finder: Finder, env: ProofEnv, { body }: Update): Check[] {
  let isOver = false
  return Object.entries(proofSteps).map(([what, step]): Check => {
    if (isOver) return unseen(what, 'Not looked at, because something before it does not hold.')
    const done = step({ crypto: finder.crypto }, env, body)
    isOver = !done.ok
    return done.ok
      ? { what, holds: true, says: STEPS[what as keyof typeof STEPS] }
      : { what, holds: false, says: done.error.message, code: done.error.code }
  })
}

function stampChecks(finder: Finder, facts: TickFacts, { body }: Update): { checks: Check[]; guilty: Doer[] } {
  const none = {
    checks: [unseen('stamp', `The primes of tick ${body.tick} are not here.`), unseen('links', 'Nor can be seen who multiplied.')],
    guilty: [],
  }
  if (facts.reveal === null) return none
  const reveal = readReveal(finder.crypto, facts.reveal)
  if (!revealMatches(finder.crypto, reveal, facts.planned.plan))
    return {
      ...none,
      checks: [{ what: 'stamp', holds: false, says: 'The revealed primes are not those of the plan.', code: 'audit.reveal' }],
    }
  const { stamp, blamed } = checkStamps({ crypto: finder.crypto }, reveal, body)
  const guilty = blamed.map(({ subject, reason }): Doer => ({ key: subject, role: 'server', did: reason, guilty: true }))
  const stamped: Check = stamp.ok
    ? { what: 'stamp', holds: true, says: 'The number of every lane passed through every prime of its path.' }
    : { what: 'stamp', holds: false, says: stamp.error.message, code: stamp.error.code }
  const links: Check =
    blamed.length === 0
      ? { what: 'links', holds: true, says: 'Every server multiplied and bound as it had to.' }
      : { what: 'links', holds: false, says: `${blamed.length} of the links show that their servers did not multiply or bind.` }
  return { checks: [stamped, links], guilty }
}

function decisionCheck(update: Update, decision: ReturnType<typeof decisionOn>, ticks: readonly OpenedTick[]): Check {
  if (decision === null) return unseen('decision', 'None of these ticks decides it.')
  const { tick, outcome } = decision
  // Of two over two blocks a reorganisation took one; of two over one block nobody can know which others follow.
  if (twinsOf(ticks, tick).some(({ body }) => body.blocks.hash === tick.body.blocks.hash))
    return unseen('decision', `There are two documents of tick ${tick.body.number} over one block: ask golem verify about these two.`)
  const after = tick.body.number - update.body.tick
  const at = `Tick ${tick.body.number}, signed by ${tick.body.by},`
  if (after !== 2 && after !== 3)
    return { what: 'decision', holds: false, says: `${at} may not decide an update of tick ${update.body.tick}.` }
  return outcome === 'accepted'
    ? { what: 'decision', holds: true, says: `${at} counts it.` }
    : { what: 'decision', holds: false, says: `${at} does not count it.`, code: outcome }
}

interface Looked {
  decision: ReturnType<typeof decisionOn>
  checks: Check[]
  guilty: Doer[]
}

async function look(finder: Finder, update: Update): Promise<Looked & { head: OpenedTick | null }> {
  const { app, tick } = update.body
  const ticks = finder.ticks(app)
  const decision = decisionOn(ticks, update)
  const head = decision?.tick ?? newestOf(ticks.filter(({ body }) => body.number >= tick))
  const first: Check[] = [
    { what: 'signature', holds: true, says: `The client ${update.body.by} signed it.` },
    decisionCheck(update, decision, ticks),
  ]
  if (head === null)
    return { head, decision, guilty: [], checks: [...first, unseen('ticks', `No tick of its app from number ${tick} on is here.`)] }
  first.push(await signerCheck(finder, head))
  const facts = await factsFor(finder, head, tick)
  if (facts === null)
    return {
      head,
      decision,
      guilty: [],
      checks: [...first, unseen('ticks', `What tick ${head.body.number} builds on does not tell of tick ${tick} and its plan.`)],
    }
  const base = await finder.document('tick', facts.base)
  const env: ProofEnv = {
    app,
    outline: facts.outline,
    planned: facts.planned,
    base: facts.base,
    hash: base?.body.blocks.hash ?? '',
    tombstoned: (id) => base?.body.tombstones.includes(id) === true,
  }
  const steps = stepChecks(finder, env, update)
  if (steps.some(({ holds }) => holds !== true)) return { head, decision, guilty: [], checks: [...first, ...steps] }
  const stamps = stampChecks(finder, facts, update)
  return { head, decision, guilty: stamps.guilty, checks: [...first, ...steps, ...stamps.checks] }
}

/** Whether the tick's word and what the documents show contradict each other: then its signer is at fault. */
function supervisorFault({ decision, checks }: Looked): string | null {
  if (decision === null) return null
  const { tick, outcome } = decision
  // Whoever is no Supervisor of the app may sign what he likes.
  if (checks.some(({ what, holds }) => what === 'signer' && holds !== true)) return null
  const own = checks.filter(({ what }) => what !== 'decision' && what !== 'links')
  const broken = own.find(({ holds }) => holds === false)
  const number = `tick ${tick.body.number}`
  if (outcome === 'accepted' && broken !== undefined) return `signed ${number}, which counts an update that does not hold: ${broken.says}`
  if (SHOWN.has(outcome) && own.every(({ holds }) => holds === true))
    return `signed ${number}, which refuses as ${outcome} an update of which that holds.`
  const decided = checks.find(({ what }) => what === 'decision')
  return decided?.holds === false && decided.code === undefined
    ? `signed ${number}, which decides an update that is not its to decide.`
    : null
}

function answerOf(update: Update, { decision, checks }: Looked, fault: string | null, proved: boolean): string {
  const name = `the update ${update.sha256} of the client ${update.body.by}`
  if (proved) return `Yes: tick ${decision!.tick.body.number} counts ${name}, and all of it went through its program.`
  if (fault !== null)
    return `No: ${name} is not rightly decided; the Supervisor's key ${decision!.tick.body.by} is at fault, which ${fault}`
  if (decision !== null && decision.outcome !== 'accepted')
    return `No: tick ${decision.tick.body.number} does not count ${name} (${decision.outcome}).`
  const broken = checks.find(({ holds }) => holds === false)
  if (broken !== undefined) return `No: ${name} does not hold: ${broken.says}`
  if (decision !== null && checks.some(({ what, holds }) => what === 'decision' && holds === null))
    return `No: there are two documents of tick ${decision.tick.body.number}, and of these alone nobody can say whether ${name} counts.`
  return decision === null
    ? `No: none of these documents decides ${name}.`
    : `No: tick ${decision.tick.body.number} counts ${name}, but what shows that it did so rightly is not here.`
}

export async function aboutUpdate(finder: Finder, update: Update): Promise<Finding> {
  const looked = await look(finder, update)
  const { decision, checks, guilty, head } = looked
  // A guilty server does not take from the update: its stamps divide all the same.
  const proved = checks.every(({ what, holds }) => holds === true || (what === 'links' && holds === false))
  const fault = proved ? null : supervisorFault(looked)
  const supervisor = decision === null ? [] : [{ key: decision.tick.body.by, role: 'supervisor' as const }]
  return {
    question: 'update',
    proved,
    answer: answerOf(update, looked, fault, proved),
    who: [
      { key: update.body.by, role: 'client', did: 'signed the update.', guilty: false },
      ...supervisor.map((one) => ({ ...one, did: fault ?? `signed tick ${decision!.tick.body.number}.`, guilty: fault !== null })),
      ...guilty,
    ],
    checks,
    taken: [
      ...(head === null ? [] : [countsIsTaken(head)]),
      ...(head === null || twinsOf(finder.ticks(update.body.app), head).length === 0
        ? []
        : [`That it is this one: there is another document of tick ${head.body.number} among these.`]),
      'That the client is registered and the keys are its own, unchanged and within the rules, and that its anchor came in time and spends from them: the tick says so by counting it, and an audit replays it.',
    ],
    missing: finder.missing,
  }
}
