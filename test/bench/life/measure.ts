/** What this process holds, and what lies on the disk of each node in it. */
import Database from 'better-sqlite3'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import v8 from 'node:v8'
import type { Inside } from './stage.ts'

/** What must not grow. Bytes are after two collections of garbage. */
export interface Held {
  files: number
  sockets: number
  timers: number
  open: number
  connections: number
  heap: number
  rss: number
}

/** Rows and bytes by table, and what else is on the disk. */
export interface Kept {
  tables: Map<string, { rows: number; bytes: number }>
  blobs: Disk
  torrents: Disk
  index: Disk
  store: Disk
}
export interface Disk {
  files: number
  bytes: number
}

/** Also those that keep no process alive, which Node counts nowhere. */
const timerClass = setTimeout(() => undefined, 0).constructor as new () => object

/** @param timers whether to count them, which takes a walk through the whole heap */
export function held(inside: Inside[], timers: boolean): Held {
  const collect = globalThis.gc as () => void
  for (let again = 0; again < 2; again++) collect()
  const links = readdirSync('/proc/self/fd').map((fd) => linkOf(fd))
  const { heapUsed, rss } = process.memoryUsage()
  const states = inside.map(({ swarm }) => swarm.status())
  return {
    files: links.filter((link) => link.startsWith('/')).length,
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    timers: !timers ? 0 : v8.queryObjects(timerClass, { format: 'count' }),
    open: Math.max(...states.map(({ open }) => open)),
    connections: states.reduce((sum, { peers }) => sum + peers, 0),
    heap: heapUsed,
    rss,
  }
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    // The folder that was listed has been closed.
    return ''
  }
}

export function kept({ folder }: Inside): Kept {
  const db = new Database(join(folder, 'state', 'store.sqlite'), { readonly: true })
  const rows = db
    .prepare('SELECT tbl, count(*) AS rows, sum(length(key) + length(value)) AS bytes FROM kv GROUP BY tbl ORDER BY tbl')
    .all() as Array<{
    tbl: string
    rows: number
    bytes: number
  }>
  db.close()
  return {
    tables: new Map(rows.map(({ tbl, ...size }) => [tbl, size])),
    blobs: diskOf(join(folder, 'state', 'blobs')),
    torrents: diskOf(join(folder, 'torrents')),
    index: diskOf(join(folder, 'index')),
    store: diskOf(join(folder, 'state'), 'blobs'),
  }
}

/** What the files take: their blocks, not their lengths. */
function diskOf(path: string, but = ''): Disk {
  const total: Disk = { files: 0, bytes: 0 }
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.name === but) continue
    const at = join(path, entry.name)
    const inner = entry.isDirectory() ? diskOf(at) : { files: 1, bytes: (lstatSync(at, { throwIfNoEntry: false })?.blocks ?? 0) * 512 }
    total.files += inner.files
    total.bytes += inner.bytes
  }
  return total
}
