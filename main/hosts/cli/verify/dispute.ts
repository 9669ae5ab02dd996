/** `golem verify` of a dispute: which of the servers lied, or that nobody is blamed. */
import type { OpenedDocument } from '../../../../roles/protocol/documents/index.ts'
import { checkDispute, decideDispute, type BlockCode } from '../../../../roles/protocol/stamps/index.ts'
import { evidenceOf, type OpenedTick } from '../../../../roles/protocol/ticks/index.ts'
import { countsIsTaken, decisionOn, factsFor, newestOf, signerCheck } from './facts.ts'
import type { Check, Doer, Finding } from './finding.ts'
import { referenceOf, type Finder } from './finder.ts'

type Dispute = OpenedDocument<'dispute'>

/** Body and salt of the block, as the tick that decides the dispute publishes them. */
async function codeOf(finder: Finder, tick: OpenedTick, { sha256 }: Dispute): Promise<BlockCode | null> {
  const evidence = await evidenceOf({ crypto: finder.crypto }, finder, referenceOf(tick), tick.body)
  const entry = evidence.ok ? evidence.value.get(sha256) : undefined
  return entry?.kind === 'dispute' ? entry : null
}

interface Looked {
  checks: Check[]
  guilty: Doer[]
  /** One of the servers lies for certain. */
  isOpen: boolean
}

const failed = (what: string, { message, code }: { message: string; code: string }): Check => ({ what, holds: false, says: message, code })

async function look(finder: Finder, dispute: Dispute, head: OpenedTick, decides: boolean): Promise<Looked> {
  const { body } = dispute
  const ctx = { crypto: finder.crypto }
  const checks: Check[] = [await signerCheck(finder, head)]
  const facts = await factsFor(finder, head, body.start.tick)
  if (facts === null) {
    checks.push({
      what: 'ticks',
      holds: null,
      says: `What tick ${head.body.number} builds on does not tell of tick ${body.start.tick} and its plan.`,
    })
    return { checks, guilty: [], isOpen: false }
  }
  const open = checkDispute(ctx, { app: body.app, number: head.body.number, facts, tombstoned: () => false }, body)
  if (!open.ok) return { checks: [...checks, failed('links', open.error)], guilty: [], isOpen: false }
  checks.push({ what: 'links', holds: true, says: 'Its servers were given the same, and signed different things: one of them lies.' })
  const code = decides ? await codeOf(finder, head, dispute) : null
  if (code === null) {
    checks.push({
      what: 'code',
      holds: null,
      says: 'The code of the block, which says who lies, is in the evidence of the tick that decides the dispute.',
    })
    return { checks, guilty: [], isOpen: true }
  }
  const decided = decideDispute(ctx, open.value, code)
  if (!decided.ok) return { checks: [...checks, failed('code', decided.error)], guilty: [], isOpen: true }
  checks.push({ what: 'code', holds: true, says: 'The code is the one of the plan, and was run.' })
  const guilty = decided.value.map(({ subject, reason }): Doer => ({ key: subject, role: 'server', did: reason, guilty: true }))
  return { checks, guilty, isOpen: true }
}

function answerOf({ sha256, body }: Dispute, { checks, guilty, isOpen }: Looked): string {
  if (guilty.length > 0)
    return `Yes: the dispute ${sha256} proves that ${guilty.map(({ key }) => key).join(', ')} signed what the block does not make.`
  const servers = body.links.map(({ server }) => server).join(', ')
  if (isOpen) return `No: one of the servers ${servers} lies for certain, and which one cannot be seen without the block's code.`
  const broken = checks.find(({ holds }) => holds === false)
  return broken === undefined
    ? `No: whom the dispute ${sha256} blames cannot be seen without what is missing.`
    : `No: the dispute ${sha256} blames nobody: ${broken.says}`
}

export async function aboutDispute(finder: Finder, dispute: Dispute): Promise<Finding> {
  const { app, by, start } = dispute.body
  const ticks = finder.ticks(app)
  const decision = decisionOn(ticks, dispute)
  const head = decision?.tick ?? newestOf(ticks.filter(({ body }) => body.number >= start.tick))
  const nowhere: Looked = {
    checks: [{ what: 'ticks', holds: null, says: `No tick of its app from number ${start.tick} on is here.` }],
    guilty: [],
    isOpen: false,
  }
  const looked = head === null ? nowhere : await look(finder, dispute, head, decision !== null)
  return {
    question: 'dispute',
    proved: looked.guilty.length > 0,
    answer: answerOf(dispute, looked),
    who: [{ key: by, role: 'client', did: 'signed the dispute.', guilty: false }, ...looked.guilty],
    checks: [{ what: 'signature', holds: true, says: `The client ${by} signed it.` }, ...looked.checks],
    taken: head === null ? [] : [countsIsTaken(head)],
    missing: finder.missing,
  }
}
