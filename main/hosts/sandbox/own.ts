/** The person's own node in the sandbox: as any node, but with a wallet that is made for it, and settings that let it begin by itself. */
import process from 'node:process'
import { createNode, createSettings, ok, type GolemNode, type ParticipantConfig, type Result } from '../../core/index.ts'
import type { LogPort } from '../../core/ports.ts'
import { StartFailure, type ParticipantProcess, type Starter } from '../headless/network/process.ts'
import { claimFolder } from '../node/folder.ts'
import { settingsFile } from '../node/settings-file.ts'
import { openPorts, type OpenPorts } from '../worker/ports.ts'
import { thrown } from '../worker/thrown.ts'

/** What counts where its owner has set nothing else. */
const defaultsOf = ({ settings }: ParticipantConfig) => ({
  name: settings.name,
  'use.auto': settings.use.auto,
  'use.freshKeys': settings.use.freshKeys,
})

/** Starts it in this process. */
export const createOwn =
  (log: LogPort): Starter =>
  async (config) => {
    const { name } = config.settings
    const opened = await open(config, log).catch((error: unknown) => thrown(error, config.folder))
    if (!opened.ok) throw new StartFailure(opened.error.code, `${name} could not start: ${opened.error.message}`)
    return opened.value
  }

async function open(config: ParticipantConfig, log: LogPort): Promise<Result<ParticipantProcess>> {
  const claimed = claimFolder(config.folder, 'sandbox')
  if (!claimed.ok) return claimed
  const ports = await openPorts(config, log)
  if (!ports.ok) return ports
  const node = await nodeWith(ports.value, config).catch(async (error: unknown) => {
    await ports.value.close()
    throw error
  })
  if (node.ok) return ok(participant(config, node.value, ports.value))
  await ports.value.close()
  return node
}

/** Its owner may have changed the wallet's passphrase: then it starts locked, as everywhere. */
async function nodeWith(ports: OpenPorts, config: ParticipantConfig): Promise<Result<GolemNode>> {
  const { scryptLog2, passphrase, folder } = config
  const settings = createSettings(settingsFile(folder), ports.log, defaultsOf(config))
  const options = { settings, scryptLog2, network: 'sandbox' }
  const made = await createNode(ports, { ...options, passphrase, makesWallet: true })
  return !made.ok && made.error.code === 'keystore.passphrase' ? createNode(ports, options) : made
}

function participant({ settings }: ParticipantConfig, node: GolemNode, ports: OpenPorts): ParticipantProcess {
  let running = true
  const ended = Promise.withResolvers<void>()
  const stop = async (): Promise<void> => {
    if (!running) return
    running = false
    await node.stop()
    await ports.close()
    ended.resolve()
  }
  return {
    name: settings.name,
    pid: process.pid,
    get running() {
      return running
    },
    call: (name, args) => node.call(name, args),
    subscribe: node.subscribe,
    ended: ended.promise,
    stop,
    kill: stop,
  }
}
