/** Whether the Electron window can be opened on this machine, and if not, why, for a person. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type ElectronAnswer = { binary: string } | { reason: string }

interface Machine {
  platform: NodeJS.Platform
  environment: Record<string, string | undefined>
  root: boolean
}

export const thisMachine = (): Machine => ({ platform: process.platform, environment: process.env, root: process.getuid?.() === 0 })

function binaryIn(repository: string): string | undefined {
  const electron = join(repository, 'node_modules', 'electron')
  const named = join(electron, 'path.txt')
  const binary = existsSync(named) ? join(electron, 'dist', readFileSync(named, 'utf8').trim()) : join(electron, 'dist', 'electron')
  return existsSync(binary) ? binary : undefined
}

/** One attempt, remembered beside the packages when it fails, so that later starts do not wait for it again. */
function download(repository: string): void {
  const remembered = join(repository, 'node_modules', '.electron-unavailable')
  const installer = join(repository, 'node_modules', 'electron', 'install.js')
  if (existsSync(remembered) || !existsSync(installer)) return
  process.stdout.write('golem: downloading Electron (about 110 MB, once) …\n')
  const answer = spawnSync(process.execPath, [installer], { stdio: 'ignore', timeout: 180_000 })
  if (answer.status !== 0) writeFileSync(remembered, new Date().toISOString())
}

/** Finds Electron's binary, downloading it once where there is a screen to show it on. */
export function findElectron(repository: string, machine: Machine = thisMachine()): ElectronAnswer {
  const screen = machine.platform !== 'linux' || Boolean(machine.environment['DISPLAY']) || Boolean(machine.environment['WAYLAND_DISPLAY'])
  if (!screen) return { reason: 'There is no screen here for the Electron window' }
  if (machine.root) return { reason: "Electron's sandbox does not run for the root user" }
  if (binaryIn(repository) === undefined) download(repository)
  const binary = binaryIn(repository)
  return binary === undefined ? { reason: "Electron's binary is not on this machine and could not be downloaded" } : { binary }
}
