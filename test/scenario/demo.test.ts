/** What a newcomer runs: `npm run demo`, with every participant and a fresh auditor in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const DEMO = fileURLToPath(new URL('../../main/hosts/headless/demo.ts', import.meta.url))
const chain = process.env['GOLEM_CHAIN'] === 'bitcoind' ? 'bitcoind' : 'embedded'

async function run(args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [DEMO, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => {
      output += data.toString()
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

describe('The demo', () => {
  it('[D3] tells the whole cycle, is audited by a newcomer with an empty folder, and ends with exit code 0', async () => {
    const { code, output } = await run(['--chain', chain, '--servers', '4'])
    expect(output).toContain('first approved write visible')
    expect(output).toContain('every root is equal')
    expect(output).not.toContain('FAILED')
    expect(output).toContain('done: every step held')
    expect(code).toBe(0)
  })
})
