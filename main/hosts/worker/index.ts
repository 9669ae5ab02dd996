/**
 * A process that runs nodes, one or several. It is told the configuration of each by a message and then serves their command contracts over the same
 * channel. With the argument `several` each line of its log begins with the name of the node that it is of.
 */
import process from 'node:process'
import { createLog } from '../../adapters/system/log.ts'
import {
  createNode,
  fail,
  ok,
  participantConfig,
  toldSettings,
  type GolemNode,
  type NodePorts,
  type ParticipantConfig,
  type Result,
} from '../../core/index.ts'
import type { LogPort } from '../../core/ports.ts'
import { validatedCall, type Callable } from './channel.ts'
import { createHearing } from './hearing.ts'
import { serveParent, type House } from './parent.ts'
import { createHelpers, openPorts } from './ports.ts'
import { thrown } from './thrown.ts'

const SEVERAL = process.argv[2] === 'several'
const helpers = createHelpers()
/** Their coins are worth nothing, and they share one disk: a power cut may take the last of what they did. Nobody waits long for one of them. */
const PLAY = { survives: 'crash', lockMs: 500 } as const

interface Served extends Callable {
  stop(): Promise<void>
}

/** Lines on the way out of this process, each with whom it is of. */
const streamOf = (name: string) =>
  SEVERAL ? { write: (text: string) => process.stderr.write(text.replace(/^(?=.)/gm, `${name}: `)) } : process.stderr

async function open(config: unknown): Promise<Result<Served>> {
  const parsed = participantConfig.safeParse(config)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return fail('settings.invalid', `The setting ${issue.path.join('.')} is not acceptable: ${issue.message}.`)
  }
  const log = createLog({ stream: streamOf(parsed.data.settings.name), format: 'readable', level: parsed.data.logLevel })
  return start(parsed.data, log).catch((error: unknown) => thrown(error, parsed.data.folder))
}

async function start(config: ParticipantConfig, log: LogPort): Promise<Result<Served>> {
  const ports = await openPorts({ ...config, ...(config.network === 'sandbox' && PLAY) }, log, helpers)
  if (!ports.ok) return ports
  const node = await nodeWith(ports.value, config).catch(async (error: unknown) => {
    await ports.value.close()
    throw error
  })
  if (!node.ok) {
    await ports.value.close()
    return node
  }
  return ok({
    call: node.value.call,
    subscribe: node.value.subscribe,
    async stop() {
      await node.value.stop()
      await ports.value.close()
    },
  })
}

async function nodeWith(ports: NodePorts, { settings, publish, network, ...config }: ParticipantConfig): Promise<Result<GolemNode>> {
  const { scryptLog2, passphrase } = config
  const made = await createNode(ports, {
    scryptLog2,
    passphrase,
    settings: toldSettings(settings, ports.log),
    makesWallet: true,
    ...(network === undefined ? {} : { network }),
  })
  if (!made.ok) return made
  const published = await publishFirst(made.value, publish)
  if (published.ok) return made
  await made.value.stop()
  return published
}

/** A node that publishes nothing yet begins with what it was told to. */
async function publishFirst(core: GolemNode, publish: ParticipantConfig['publish']): Promise<Result<unknown>> {
  if (publish === undefined) return ok(null)
  const view = await core.call('overview', {})
  if (!view.ok || view.value.engagements.some(({ role }) => role === 'supervisor')) return view
  const { program, title, terms } = publish
  return core.call('publish', { program, ...(title === undefined ? {} : { title }), ...(terms === undefined ? {} : { terms }) })
}

function createHouse(tell: (node: string, event: string, payload: unknown) => void): House {
  const nodes = new Map<string, Served>()
  const hearing = createHearing((name) => nodes.get(name), tell)
  return {
    async start(name, config) {
      const opened = await open(config)
      if (!opened.ok) return opened
      nodes.set(name, opened.value)
      hearing.begun(name)
      return opened
    },
    async call(name, command, args) {
      const node = nodes.get(name)
      return node === undefined
        ? fail('core.starting', 'The participant is still starting. Try again in a moment.')
        : validatedCall(node, command, args)
    },
    hear: hearing.hear,
    stop: () => Promise.all([...nodes.values()].map((node) => node.stop())),
  }
}

serveParent(createHouse)
