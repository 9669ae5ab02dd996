/** Programs from outside npm that some tests need, prepared once per run. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { prepareAria2 } from './aria2.mjs'
import { prepareChromium } from './chromium.mjs'
import { prepareIp } from './iproute2.mjs'

export type ToolName = 'bitcoind' | 'chromium' | 'aria2' | 'iproute2'
export type Prepared = { environment: Record<string, string> } | { missing: string }

const say = (line: string): void => void process.stdout.write(`golem: ${line}\n`)

const fromPath = (variable: string, found: { path: string } | { missing: string }): Prepared =>
  'path' in found ? { environment: { [variable]: found.path } } : found

/** bitcoind needs no variable: tests find it as the installer does. */
function prepareBitcoind(): Prepared {
  const installer = join(import.meta.dirname, 'bitcoind-install.mjs')
  const answer = spawnSync(process.execPath, [installer], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 900_000 })
  const last = (answer.stdout ?? '').trim().split('\n').at(-1) ?? ''
  if (answer.status === 0) return { environment: {} }
  return {
    missing: `install with: node test/tools/bitcoind-install.mjs, or name a bitcoind in GOLEM_BITCOIND (${last || 'it could not be started'})`,
  }
}

const prepare: Record<ToolName, () => Prepared> = {
  bitcoind: prepareBitcoind,
  chromium: () => fromPath('GOLEM_CHROMIUM', prepareChromium(say)),
  aria2: () => fromPath('GOLEM_ARIA2', prepareAria2(say)),
  iproute2: () => fromPath('GOLEM_IP', prepareIp(say)),
}

const prepared = new Map<ToolName, Prepared>()

/** Finds or installs a tool; the second call for the same tool answers from memory. */
export function prepareTool(name: ToolName): Prepared {
  const known = prepared.get(name)
  if (known !== undefined) return known
  say(`looking for ${name} …`)
  const answer = prepare[name]()
  prepared.set(name, answer)
  return answer
}
