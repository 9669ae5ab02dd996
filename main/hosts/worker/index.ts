/**
 * One participant in a process of its own. It is told its configuration by the first message and then serves the command contract over
 * the same channel.
 */
import process from 'node:process'
import { createLog } from '../../adapters/system/log.ts'
import { createCore, fail, ok, participantConfig, type ParticipantConfig, type Result } from '../../core/index.ts'
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
  const made = await createCore(ports.value, config)
  if (!made.ok) return made
  const core = made.value
  return ok({
    call: core.call,
    subscribe: core.subscribe,
    async stop() {
      await core.stop()
      await ports.value.close()
    },
  })
}

serveParent(open)
