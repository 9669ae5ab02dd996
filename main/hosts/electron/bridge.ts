/** Between page and core: the main process passes on calls that the contract knows, from our own page, with arguments that fit. */
import { readArguments, unknownCommand } from '../../contract/arguments.ts'
import { type CommandName, commands } from '../../contract/index.ts'
import { isSandboxCommand, type SandboxCommandName } from '../../contract/sandbox.ts'
import { callChannel, hearChannel } from './channels.ts'
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

/** A page looks at one node at a time, and for a moment at two. */
const MOST_HEARD = 16

/** Whose events the page hears from now on. */
export function hear(core: Pick<CoreProcess, 'hear'>, nodes: unknown): Answer {
  if (!Array.isArray(nodes) || nodes.length > MOST_HEARD || !nodes.every((node) => typeof node === 'string' && node.length <= 64))
    return refused('contract.node', `Nodes that are heard are named by their ids, at most ${MOST_HEARD} of them.`)
  core.hear(nodes as string[])
  return { ok: true, value: null }
}

/** Answers our own page; every other sender is refused. */
export function bridgeCalls(ipcMain: IpcMainPart, core: Pick<CoreProcess, 'call' | 'hear'>): void {
  const isOwn = ({ senderFrame }: Parameters<Parameters<IpcMainPart['handle']>[1]>[0]): boolean =>
    (senderFrame?.url ?? '').startsWith(`${origin}/`)
  const foreign = refused('contract.sender', 'Only the page of Golem may call it.')
  ipcMain.handle(callChannel, (event, name: unknown, args: unknown, node: unknown) =>
    isOwn(event) ? passOn(core, name, args, node) : foreign,
  )
  ipcMain.handle(hearChannel, (event, nodes: unknown) => (isOwn(event) ? hear(core, nodes) : foreign))
}
