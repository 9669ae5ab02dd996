/** Between page and core: the main process passes on calls that the contract knows, from our own page, with arguments that fit. */
import { type CommandName, commands } from '../../contract/index.ts'
import { callChannel } from './channels.ts'
import type { Answer, CoreProcess } from './core-process.ts'
import { origin } from './page.ts'
import type { IpcMainPart } from './parts.ts'

const refused = (code: string, message: string): Answer => ({ ok: false, error: { code, message, retryable: false } })

/** `arguments.limit: Too big` – names the field that did not fit. */
function wrongField(issues: ReadonlyArray<{ path: PropertyKey[]; message: string }>): string {
  const [first] = issues
  return `${['arguments', ...(first?.path ?? [])].map(String).join('.')}: ${first?.message ?? 'not as declared'}`
}

/** Checks one call against the contract, then lets the core answer it. */
export async function passOn(core: Pick<CoreProcess, 'call'>, name: unknown, args: unknown): Promise<Answer> {
  if (typeof name !== 'string' || !Object.hasOwn(commands, name))
    return refused('contract.unknown-command', `There is no command «${String(name)}».`)
  const parsed = commands[name as CommandName].args.safeParse(args)
  return parsed.success
    ? core.call(name, parsed.data)
    : refused('contract.arguments', `The command «${name}» does not take this: ${wrongField(parsed.error.issues)}.`)
}

/** Answers calls of our own page; every other sender is refused. */
export function bridgeCalls(ipcMain: IpcMainPart, core: Pick<CoreProcess, 'call'>): void {
  ipcMain.handle(callChannel, (event, name: unknown, args: unknown) => {
    const sender = event.senderFrame?.url ?? ''
    return sender.startsWith(`${origin}/`) ? passOn(core, name, args) : refused('contract.sender', 'Only the page of Golem may call it.')
  })
}
