/** The node itself: what it does, its log, its settings. */
import { z } from 'zod'
import { none, result, text, type Command } from './command.ts'
import type { LogLine, Overview, SettingView } from './views.ts'

export const node = {
  overview: { of: 'everybody', doc: 'Everything that this node does, and what it waits for.', args: none, result: result<Overview>() },
  log: {
    of: 'everybody',
    reads: true,
    doc: 'The newest log lines, oldest first.',
    args: z.strictObject({ limit: z.int().min(1).max(1000) }),
    result: result<LogLine[]>(),
  },
  settings: {
    reads: true,
    doc: 'All settings with their values, what each is for, and whether the file in the folder says something else that cannot be used.',
    args: none,
    result: result<SettingView[]>(),
  },
  'settings.set': {
    doc: 'Changes a setting; null goes back to its default. Refused with what it has to be; the others stay. Says whether it counts at once or from the next start on.',
    args: z.strictObject({ name: text(64), value: z.json() }),
    result: result<SettingView>(),
  },
} as const satisfies Record<string, Command>
