/** The whole local network behind one command contract: views are merged, commands go to the participant they concern. */
import { fail, ok, type Result } from '../../../core/index.ts'
import {
  commands,
  type Command,
  type CommandName,
  type LogLine,
  type Overview,
  type Owner,
  type ParticipantView,
} from '../../../contract/index.ts'
import type { Absent } from './participants.ts'
import type { ParticipantProcess } from './process.ts'

const LOG_LINES = 2_000

export interface Facade {
  add(participant: ParticipantProcess): void
  /** Shows somebody who cannot start, with the reason and what to do, until it is added. */
  absent(one: Absent): void
  call(name: CommandName, args: unknown): Promise<Result<unknown>>
  subscribe(listener: (event: string, payload: unknown) => void): () => void
}

const EMPTY: Overview = {
  chain: { network: 'regtest', backend: 'embedded', height: 0, hash: '', available: false, reason: 'starting' },
  tick: null,
  app: null,
  participants: [],
  actors: [],
  requests: [],
}

export function createFacade(): Facade {
  const members = new Map<string, ParticipantProcess>()
  const views = new Map<string, Overview>()
  const listeners = new Set<(event: string, payload: unknown) => void>()
  const missing = new Map<string, ParticipantView>()
  let lines: LogLine[] = []
  let due: NodeJS.Timeout | undefined

  const emit = (event: string, payload: unknown): void => {
    for (const listener of listeners) listener(event, payload)
  }
  /** Several participants report at once; the page, where one is open, needs one merged view of it. */
  const changed = (): void => {
    if (listeners.size === 0) return
    due ??= setTimeout(() => {
      due = undefined
      emit('overview', merge(views, members, missing))
    }, 60)
  }
  const take = (name: string, event: string, payload: unknown): void => {
    if (event === 'overview') {
      views.set(name, payload as Overview)
      return changed()
    }
    lines = [...lines.slice(1 - LOG_LINES), payload as LogLine]
    emit(event, payload)
  }
  const showing = (shows: (view: Overview) => boolean): ParticipantProcess | undefined =>
    members.get([...views].find(([, view]) => shows(view))?.[0] ?? '')
  const owners: Record<Owner, (args: Record<string, unknown>) => ParticipantProcess | undefined> = {
    everybody: () => undefined,
    participant: (args) => members.get(String(args.participant)),
    actor: (args) => showing(({ actors }) => actors.some(({ id }) => id === args.actor)),
    request: (args) => showing(({ requests }) => requests.some(({ id }) => id === args.id)),
    supervisor: () => showing(({ participants }) => participants.some(({ role }) => role === 'supervisor')),
    auditor: () => [...members.values()].findLast((member) => member.running && views.get(member.name)?.app),
  }

  const look = async (participant: ParticipantProcess): Promise<void> => {
    const view = await participant.call('overview', {})
    if (view.ok) take(participant.name, 'overview', view.value)
  }

  return {
    add(participant) {
      members.set(participant.name, participant)
      missing.delete(participant.name)
      participant.subscribe((event, payload) => take(participant.name, event, payload))
      void look(participant)
    },
    absent({ name, role, why }) {
      missing.set(name, { id: name, role, name, state: 'out', detail: why, balance: 0, online: false })
      changed()
    },
    async call(name, args) {
      if (name === 'overview') return ok(merge(views, members, missing))
      if (name === 'log') return ok(lines.slice(-(args as { limit: number }).limit))
      const owner = owners[commands[name].of](args as Record<string, unknown>)
      if (owner === undefined)
        return fail('network.nobody', 'No participant of the local network answers to this. Reload the page and choose again.')
      const answer = await owner.call(name, args as never)
      // Whoever asks for the view next finds in it what this command did.
      if (answer.ok && (commands[name] as Command).reads !== true) await look(owner)
      return answer
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const byName = new Intl.Collator('en', { numeric: true })

/** One view of all of them, in the order of their names, whichever started first. */
function merge(
  unordered: Map<string, Overview>,
  members: Map<string, ParticipantProcess>,
  missing: Map<string, ParticipantView>,
): Overview {
  const views = new Map([...unordered].sort(([one], [other]) => byName.compare(one, other)))
  const all = [...views.values()]
  const highest = all.reduce((best, view) => (view.chain.height > best.chain.height ? view : best), all[0] ?? EMPTY)
  const newest = all.reduce<Overview['tick']>(
    (best, { tick }) =>
      tick !== null && (best === null || tick.number > best.number || (tick.number === best.number && best.root === '')) ? tick : best,
    null,
  )
  const supervisor = all.find(({ participants }) => participants.some(({ role }) => role === 'supervisor'))
  return {
    chain: highest.chain,
    tick: newest ?? supervisor?.tick ?? null,
    app: all.find(({ app, actors }) => app !== null && actors.length > 0)?.app ?? all.find(({ app }) => app !== null)?.app ?? null,
    participants: [
      ...[...views]
        .filter(([name]) => !missing.has(name))
        .flatMap(([name, { participants }]) => participants.map((one) => ({ ...one, online: one.online && members.get(name)!.running }))),
      ...missing.values(),
    ],
    actors: all.flatMap(({ actors }) => actors),
    requests: all.flatMap(({ requests }) => requests).sort((a, b) => b.at - a.at),
  }
}
