/** Between page and core: the main process passes on calls that the contract knows, from our own page, with arguments that fit. */
import { readArguments, unknownCommand } from '../../contract/arguments.ts'
import { type CommandName, commands } from '../../contract/index.ts'
import { isSandboxCommand, type SandboxCommandName } from '../../contract/sandbox.ts'
import { callChannel } from './channels.ts'
import type { Answer, CoreProcess } from './core-process.ts'
import { origin } from './page.ts'
import type { IpcMainPart } from './parts.ts'

const refused = (code: string, message: string): Answer => ({ ok: false, error: { code, message, retryable: false } })

const isCommand = (name: string): name is CommandName | SandboxCommandName => Object.hasOwn(commands, name) || isSandboxCommand(name)

/** Checks one call against the contract, then lets the core answer it. */
export async function passOn(core: Pick<CoreProcess, 'call'>, name: unknown, args: unknown, node: unknown = ''): Promise<Answer> {
  if (typeof name !== 'string' || !isCommand(name)) return unknownCommand('contract.unknown-command', String(name))
  const read = readArguments('contract.arguments', name, args)
  if (typeof node !== 'string') return refused('contract.node', 'A node is named by its id.')
  return read.ok ? core.call(name, read.value, node) : read
}

/** Answers calls of our own page; every other sender is refused. */
export function bridgeCalls(ipcMain: IpcMainPart, core: Pick<CoreProcess, 'call'>): void {
  ipcMain.handle(callChannel, (event, name: unknown, args: unknown, node: unknown) => {
    const sender = event.senderFrame?.url ?? ''
    return sender.startsWith(`${origin}/`)
      ? passOn(core, name, args, node)
      : refused('contract.sender', 'Only the page of Golem may call it.')
  })
}
