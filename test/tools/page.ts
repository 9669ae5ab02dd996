/** The page's server on a folder of its own, as tests of it have it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startPageServer, type PageServer, type PageServerOptions } from '../../main/hosts/headless/page/server.ts'

export const TOKEN = 'a-token-of-24-characters'

export interface ServedPage {
  page: PageServer
  close(): Promise<void>
}

/** @param files beside index.html, by their names in the folder */
export async function servePage(
  options: Pick<PageServerOptions, 'nodes' | 'limits' | 'sandbox'>,
  files: Readonly<Record<string, string>> = {},
): Promise<ServedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'golem-page-'))
  for (const [name, text] of Object.entries({ 'index.html': '<!doctype html><title>Golem</title>', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const page = await startPageServer({ host: '127.0.0.1', port: 0, token: TOKEN, assets: folder, ...options })
  return {
    page,
    async close() {
      await page.close()
      rmSync(folder, { recursive: true })
    },
  }
}
