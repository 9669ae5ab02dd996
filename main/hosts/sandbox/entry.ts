/**
 * The sandbox in a process of its own, behind one channel: what the desktop app's utility process runs. Told by its first message where its data lives.
 */
import { join } from 'node:path'
import process from 'node:process'
import { readArguments } from '../../contract/arguments.ts'
import { isSandboxCommand } from '../../contract/sandbox.ts'
import { fail, ok, type Result } from '../../core/index.ts'
import { startOptions } from '../terminal/hosts.ts'
import { readOptions } from '../terminal/options.ts'
import { keepToOwner, networkFolder } from '../terminal/place.ts'
import { validatedCall } from '../worker/channel.ts'
import { createHearing } from '../worker/hearing.ts'
import { serveParent, type House } from '../worker/parent.ts'
import { createSandbox, type Sandbox } from './sandbox.ts'
import { sandboxTold } from './told.ts'

/** What `npm start` was told, which the desktop app hands on unread. */
const argumentsGiven = (): string[] => JSON.parse(process.env.GOLEM_ARGUMENTS ?? '[]') as string[]

function sandboxIn(config: unknown): Result<Sandbox> {
  const { folder, ...rest } = (config ?? {}) as Record<string, unknown>
  if (typeof folder !== 'string' || folder === '' || Object.keys(rest).length > 0)
    return fail('settings.invalid', 'The setting folder is not acceptable: it has to be the path of the data folder, and the only setting.')
  const options = readOptions(startOptions, argumentsGiven())
  if (!options.ok) return options
  const { values } = options.value
  const told = sandboxTold(values, (name) => (values.folder === undefined ? join(folder, name) : networkFolder(values.folder, name)))
  return told.ok ? ok(createSandbox(told.value)) : told
}

/** Its nodes are there at once and fill as they start; a network that cannot start ends this process, and its parent starts it again. */
function createHouse(tell: (node: string, event: string, payload: unknown) => void): House {
  let sandbox: Sandbox | undefined
  let stopping = false
  const nodeOf = (name: string) => sandbox?.nodes().find(({ id }, at) => (name === '' ? at === 0 : id === name))
  const hearing = createHearing((name) => nodeOf(name)?.core, tell)
  const begin = (begun: Sandbox): void => {
    sandbox = begun
    for (const name of ['', ...begun.nodes().map(({ id }) => id)]) hearing.begun(name)
    begun.start().catch((error: unknown) => {
      if (stopping) return
      process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exit(1)
    })
  }
  return {
    start(_, config) {
      const made = sandboxIn(config)
      if (made.ok) begin(made.value)
      return Promise.resolve(made)
    },
    async call(name, command, given) {
      if (sandbox === undefined) return fail('core.starting', 'The sandbox is still starting. Try again in a moment.')
      if (isSandboxCommand(command)) {
        const args = readArguments('command.arguments', command, given)
        return args.ok ? sandbox.call(command, args.value) : args
      }
      const node = nodeOf(name)
      return node === undefined ? unknownNode(name) : validatedCall(node.core, command, given)
    },
    hear: hearing.hear,
    async stop() {
      stopping = true
      await sandbox?.stop()
    },
  }
}

const unknownNode = (name: string): Result<never> =>
  fail('sandbox.node', `No node here is called «${name.slice(0, 64)}»; sandbox.nodes lists those that are.`)

keepToOwner()
serveParent(createHouse)
