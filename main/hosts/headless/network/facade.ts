/** The whole local network behind one command contract: views are merged, commands go to the participant they concern. */
import { fail, ok, type Result } from '../../../core/index.ts'
import { followOverview, type Following } from '../../../contract/following.ts'
import {
  commands,
  type Change,
  type Command,
  type CommandName,
  type LogLine,
  type Overview,
  type EngagementView,
} from '../../../contract/index.ts'
import type { Absent } from './participants.ts'
import type { ParticipantProcess } from './process.ts'

const LOG_LINES = 2_000

export interface Facade {
  add(participant: ParticipantProcess): void
  /** Shows somebody who cannot start, with the reason and what to do, until it is added. */
  absent(one: Absent): void
  /** @param node whose own the command is, where it is about no engagement */
  call(name: CommandName, args: unknown, node?: string): Promise<Result<unknown>>
}

const EMPTY: Overview = {
  number: 0,
  chain: { network: 'regtest', backend: 'embedded', height: 0, hash: '', available: false, reason: 'starting' },
  node: { name: 'local network', network: 'regtest', wallet: 'open', balance: 0, problems: [] },
  engagements: [],
  apps: [],
  requests: [],
}

export function createFacade(): Facade {
  const members = new Map<string, ParticipantProcess>()
  const views = new Map<string, Overview>()
  const following = new Map<string, Following>()
  const missing = new Map<string, EngagementView>()
  let lines: LogLine[] = []
  const showing = (shows: (view: Overview) => boolean): ParticipantProcess | undefined =>
    members.get([...views].find(([, view]) => shows(view))?.[0] ?? '')
  const ownerOf = (name: CommandName, args: Record<string, unknown>, node: string | undefined): ParticipantProcess | undefined => {
    const command: Command = commands[name]
    const isPublishing = name.startsWith('publish.')
    if (node !== undefined) return members.get(node)
    if (command.of === 'engagement' && args.app === undefined)
      return (
        showing(({ engagements }) => engagements.some(({ role }) => role === 'supervisor' && isPublishing)) ??
        [...members.values()].findLast((member) => member.running && (views.get(member.name)?.apps.length ?? 0) > 0)
      )
    if (command.of === 'engagement') return showing(({ engagements }) => engagements.some(({ id }) => id === args.app))
    return command.of === 'request' ? showing(({ requests }) => requests.some(({ id }) => id === args.id)) : undefined
  }

  return {
    add(participant) {
      members.set(participant.name, participant)
      missing.delete(participant.name)
      const followed = followOverview({ ask: () => participant.call('overview', {}), show: (view) => views.set(participant.name, view) })
      following.set(participant.name, followed)
      participant.subscribe(['changed', 'log'], (event, payload) => {
        if (event === 'changed') followed.hear(payload as Change)
        else lines = [...lines.slice(1 - LOG_LINES), payload as LogLine]
      })
      void followed.look()
    },
    absent({ name, role, why }) {
      missing.set(name, { id: name, role, name, app: null, title: '', key: null, state: 'out', detail: why, balance: 0, online: false })
    },
    async call(name, args, node) {
      if (name === 'overview') return ok(merge(views, members, missing))
      if (name === 'log') return ok(lines.slice(-(args as { limit: number }).limit))
      const owner = ownerOf(name, args as Record<string, unknown>, node)
      if (owner === undefined)
        return fail('network.nobody', 'No participant of the local network answers to this. Reload the page and choose again.')
      const answer = await owner.call(name, args as never)
      // Whoever asks for the view next finds in it what this command did.
      if (answer.ok && (commands[name] as Command).reads !== true) await following.get(owner.name)?.look()
      return answer
    },
  }
}

const byName = new Intl.Collator('en', { numeric: true })

/** One view of all of them, in the order of their names, whichever started first. */
function merge(unordered: Map<string, Overview>, members: Map<string, ParticipantProcess>, missing: Map<string, EngagementView>): Overview {
  const views = new Map([...unordered].sort(([one], [other]) => byName.compare(one, other)))
  const all = [...views.values()]
  const highest = all.reduce((best, view) => (view.chain.height > best.chain.height ? view : best), all[0] ?? EMPTY)
  return {
    number: EMPTY.number,
    node: EMPTY.node,
    chain: highest.chain,
    engagements: [
      ...[...views]
        .filter(([name]) => !missing.has(name))
        .flatMap(([name, { engagements }]) => engagements.map((one) => ({ ...one, online: one.online && members.get(name)!.running }))),
      ...missing.values(),
    ],
    apps: all.flatMap(({ apps }) => apps),
    requests: all.flatMap(({ requests }) => requests).sort((a, b) => b.at - a.at),
  }
}
