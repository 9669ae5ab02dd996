/** What a person does to the sandbox itself: its time. Answers the table main/contract/sandbox.ts. */
import { failForNow, ok, type Result } from '../../core/index.ts'
import type { NodeName, SandboxArgs, SandboxCommandName, SandboxCommands, SandboxView } from '../../contract/sandbox.ts'
import type { LocalNetwork } from '../headless/network/local-network.ts'
import type { Absent } from '../headless/network/participants.ts'

type Standing = Pick<LocalNetwork, 'time'>

export interface Control {
  call(name: SandboxCommandName, args: unknown): Promise<Result<unknown>>
  /** The network stands. */
  running(network: Standing): void
  started(name: string): void
  absent(one: Absent): void
}

type Answers = { [N in SandboxCommandName]: (args: SandboxArgs<N>) => Promise<Result<SandboxCommands[N]['result']>> }

const STARTING = failForNow('sandbox.starting', 'The sandbox is still starting. Try again in a moment.')

/**
 * @param blockMs that it begins with, as far as that is known before it stands
 * @param nodes in their order
 */
export function createControl(blockMs: number, nodes: () => readonly NodeName[]): Control {
  const out = new Map<string, string>()
  let network: Standing | undefined
  let turn: Promise<unknown> = Promise.resolve()
  const view = (): SandboxView => ({
    state: network === undefined ? 'starting' : 'running',
    blockMs: network?.time.blockMs ?? blockMs,
    out: [...out].map(([name, why]) => ({ name, why })),
  })
  /** One after the other, so that blocks are counted. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
  const answers: Answers = {
    'sandbox.nodes': () => Promise.resolve(ok(nodes().map(({ id, name }) => ({ id, name })))),
    'sandbox.status': () => Promise.resolve(ok(view())),
    'sandbox.mine': ({ blocks }) =>
      inTurn(async () => {
        if (network === undefined) return STARTING
        const { clock, mine } = network.time
        await clock.hold(async () => {
          for (let made = 0; made < blocks; made++) {
            await clock.settled()
            await mine(1)
          }
          // What is looked at next shows them.
          await clock.settled()
        })
        return ok(view())
      }),
    'sandbox.pace': ({ blockMs: wanted }) =>
      inTurn(async () => {
        if (network === undefined) return STARTING
        await network.time.setPace(wanted)
        return ok(view())
      }),
  }
  return {
    call: (name, args) => (answers[name] as (args: unknown) => Promise<Result<unknown>>)(args),
    running(standing) {
      network = standing
    },
    started: (name) => void out.delete(name),
    absent: ({ name, why }) => void out.set(name, why),
  }
}
