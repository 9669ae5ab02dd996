/** Runs the handbook's front end beside the page's own server, which holds its arguments against the contract. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPageServer } from '../../../main/hosts/headless/page/server.ts'

const ID = 'ab'.repeat(32)
const ANSWERS: Record<string, unknown> = {
  overview: { apps: [{ id: ID }], requests: [{ id: ID, state: 'review' }] },
  'use.request': { id: ID },
  'use.read': { rows: [] },
}

/** @returns the commands that reached the core, in order */
export async function frontEnd(source: string): Promise<string[]> {
  const assets = mkdtempSync(join(tmpdir(), 'golem-front-end-'))
  writeFileSync(join(assets, 'index.html'), '<!doctype html>')
  const commands: string[] = []
  const core = {
    call: (name: string) => (commands.push(name), Promise.resolve({ ok: true as const, value: ANSWERS[name] })),
    subscribe: () => () => undefined,
  }
  const page = await startPageServer({
    host: '127.0.0.1',
    port: 0,
    token: 'a-token-of-24-characters',
    assets,
    nodes: () => [{ id: 'mine', name: 'Mine', core }],
  })
  try {
    const run = Object.getPrototypeOf(async () => undefined).constructor as new (...names: string[]) => (address: string) => Promise<void>
    await new run('address', source)(page.url)
    return commands
  } finally {
    await page.close()
    rmSync(assets, { recursive: true })
  }
}
