/**
 * One participant in a process of its own. It is told its configuration by the first message and then serves the command contract over
 * the same channel.
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
  type ParticipantConfig,
  type Result,
} from '../../core/index.ts'
import type { LogPort } from '../../core/ports.ts'
import { serveParent, type Served } from './parent.ts'
import { openPorts } from './ports.ts'
import { thrown } from './thrown.ts'

async function open(config: unknown): Promise<Result<Served>> {
  const parsed = participantConfig.safeParse(config)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    return fail('settings.invalid', `The setting ${issue.path.join('.')} is not acceptable: ${issue.message}.`)
  }
  const log = createLog({ stream: process.stderr, format: 'readable', level: parsed.data.logLevel })
  return start(parsed.data, log).catch((error: unknown) => thrown(error, parsed.data.folder))
}

async function start(config: ParticipantConfig, log: LogPort): Promise<Result<Served>> {
  const ports = await openPorts(config, log)
  if (!ports.ok) return ports
  const made = await createNode(ports.value, { ...config, settings: toldSettings(config.settings, log), makesWallet: true })
  if (!made.ok) return made
  const core = made.value
  const published = await publishFirst(core, config.publish)
  if (!published.ok) {
    await core.stop()
    return published
  }
  return ok({
    call: core.call,
    subscribe: core.subscribe,
    async stop() {
      await core.stop()
      await ports.value.close()
    },
  })
}

/** A node that publishes nothing yet begins with what it was told to. */
async function publishFirst(core: GolemNode, publish: ParticipantConfig['publish']): Promise<Result<unknown>> {
  if (publish === undefined) return ok(null)
  const view = await core.call('overview', {})
  if (!view.ok || view.value.engagements.some(({ role }) => role === 'supervisor')) return view
  const { program, title, terms } = publish
  return core.call('publish', { program, ...(title === undefined ? {} : { title }), ...(terms === undefined ? {} : { terms }) })
}

serveParent(open)
