import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { waitFor } from '../../main/hosts/headless/network/patience.ts'
import { busyProcesses, startLoad } from './load.ts'

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const allGone = (pids: number[]) => waitFor(`the end of ${pids.join(', ')}`, () => !pids.some(isThere))

describe('The load generator', () => {
  it('keeps twice as many processes busy as there are cores, and stops them when told to', async () => {
    expect(busyProcesses()).toBe(2 * availableParallelism())
    const load = startLoad({ processes: 2, seconds: 600 })
    expect(load.pids.filter(isThere)).toHaveLength(2)
    await load.stop()
    await allGone(load.pids)
  })

  it('ends by itself after its time', async () => {
    const load = startLoad({ processes: 1, seconds: 0.1 })
    await load.ended
    await allGone(load.pids)
  })

  it('ends with a parent that is killed', async () => {
    const program = `import { startLoad } from ${JSON.stringify(join(import.meta.dirname, 'load.ts'))}
const load = startLoad({ processes: 1, seconds: 600 })
console.log(load.pids.join(' '))`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    const pids = line.split(' ').map(Number)
    expect(pids.filter(isThere)).toHaveLength(1)
    parent.kill('SIGKILL')
    await allGone(pids)
  })
})
