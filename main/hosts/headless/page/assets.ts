/** The built renderer, read into memory once at start: a request can name only what was there, so no path can leave the folder. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { own } from '../../../../roles/program/index.ts'

export interface Asset {
  type: string
  bytes: Uint8Array
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** Paths (`/assets/index.js`) to files; a file of a kind that a page does not need is left out. `/` is index.html. */
export function loadAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>()
  const entries = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []
  for (const entry of entries) {
    const type = own(types, extname(entry.name))
    if (!entry.isFile() || type === undefined) continue
    const file = join(entry.parentPath, entry.name)
    assets.set(`/${relative(folder, file).split(sep).join('/')}`, { type, bytes: readFileSync(file) })
  }
  const index = assets.get('/index.html')
  if (index === undefined) throw new Error(`no index.html in ${folder}: build the page first (npm run build)`)
  return assets.set('/', index)
}
