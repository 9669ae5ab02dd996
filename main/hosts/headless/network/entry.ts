/**
 * The local network in a process of its own, behind one command contract: what the desktop app's utility process runs. Told by its first
 * message where its data lives.
 */
import { join } from 'node:path'
import process from 'node:process'
import { createLog } from '../../../adapters/system/log.ts'
import { fail, ok, type Result } from '../../../core/index.ts'
import { serveParent, type Served } from '../../worker/parent.ts'
import { createFacade } from './facade.ts'
import { startLocalNetwork } from './local-network.ts'
import { startOptions } from '../../terminal/hosts.ts'
import { networkFolder } from '../../terminal/place.ts'
import { readOptions } from '../../terminal/options.ts'
import { chosenApp } from './app.ts'

/** What `npm start` was told, which the desktop app hands on unread. */
const argumentsGiven = (): string[] => JSON.parse(process.env.GOLEM_ARGUMENTS ?? '[]') as string[]

/** The page is served at once and fills as participants start; a network that cannot start ends this process, and its parent starts it again. */
function open(config: unknown): Promise<Result<Served>> {
  const { folder, ...rest } = (config ?? {}) as Record<string, unknown>
  if (typeof folder !== 'string' || folder === '' || Object.keys(rest).length > 0) {
    return Promise.resolve(
      fail('settings.invalid', 'The setting folder is not acceptable: it has to be the path of the data folder, and the only setting.'),
    )
  }
  const options = readOptions(startOptions, argumentsGiven())
  if (!options.ok) return Promise.resolve(options)
  const { values } = options.value
  const app = chosenApp(values.app)
  if (!app.ok) return Promise.resolve(app)
  const facade = createFacade()
  const log = createLog({ stream: process.stderr, format: 'readable', level: 'warn' })
  const cancel = new AbortController()
  const network = startLocalNetwork({
    ...app.value.plan,
    folder: values.folder === undefined ? join(folder, app.value.folder) : networkFolder(values.folder, app.value.folder),
    servers: values.servers,
    blockMs: values['block-ms'],
    tickBlocks: values['tick-blocks'],
    keepUp: true,
    logLevel: values.verbose ? 'debug' : 'warn',
    log,
    output: (name, text) => process.stderr.write(text.replace(/^(?=.)/gm, `${name}: `)),
    started: facade.add,
    absent: facade.absent,
    signal: cancel.signal,
  })
  network.catch((error: unknown) => {
    if (cancel.signal.aborted) return
    process.stderr.write(`golem: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  })
  const stop = async (): Promise<void> => {
    cancel.abort()
    await network.then((standing) => standing.stop()).catch(() => undefined)
  }
  return Promise.resolve(ok({ call: facade.call, subscribe: facade.subscribe, stop }))
}

serveParent(open)
