/** What `npm start` was told, as the sandbox takes it, whichever window it opens in. */
import process from 'node:process'
import { createLog } from '../../adapters/system/log.ts'
import { ok, type Result } from '../../core/index.ts'
import { chosenApp } from '../headless/network/app.ts'
import { sizeOf } from '../headless/network/size.ts'
import type { startOptions } from '../terminal/hosts.ts'
import type { Values } from '../terminal/options.ts'
import { OWN, type SandboxOptions } from './sandbox.ts'

/**
 * @param folderOf where an app's sandbox is, by the name of its folder
 * Errors: `settings.app`, `network.size`.
 */
export function sandboxTold(values: Values<typeof startOptions>, folderOf: (name: string) => string): Result<SandboxOptions> {
  const app = chosenApp(values.app)
  if (!app.ok) return app
  const folder = folderOf(app.value.folder)
  const size = sizeOf(folder, { servers: values.servers, tickBlocks: values['tick-blocks'] })
  if (!size.ok) return size
  const level = values.verbose ? 'debug' : 'warn'
  const output = (name: string, text: string): void => void process.stderr.write(text.replace(/^(?=.)/gm, `${name}: `))
  return ok({
    ...app.value.plan,
    ...size.value,
    folder,
    blockMs: values['block-ms'],
    logLevel: level,
    output,
    log: createLog({ stream: process.stderr, format: 'readable', level: 'warn' }),
    ownLog: createLog({ stream: { write: (text) => output(OWN, text) }, format: 'readable', level }),
  })
}
