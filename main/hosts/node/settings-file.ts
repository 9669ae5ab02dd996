/** `settings.json` in the folder of a node: a flat object of dotted names, which a person may edit while the node does not run. */
import { join } from 'node:path'
import { fail, ok, type Result, type SettingsPort } from '../../core/index.ts'
import { parseJson } from '../terminal/json-text.ts'
import { readTextFile } from '../terminal/text-file.ts'
import { replaceFile } from '../terminal/write-file.ts'

const MOST_BYTES = 1 << 20

/** Passwords may be in it, so it is its owner's alone. */
export function settingsFile(folder: string): SettingsPort {
  const file = join(folder, 'settings.json')
  return {
    read(): Result<unknown> {
      const text = readTextFile(file, file, MOST_BYTES)
      if (!text.ok) return text.error.message.startsWith('There is no file') ? ok(undefined) : text
      const json = parseJson(file, text.value)
      return json.ok ? json : fail('settings.unreadable', json.error.message)
    },
    write: (values) => replaceFile(file, `${JSON.stringify(values, null, 2)}\n`, 0o600),
  }
}
