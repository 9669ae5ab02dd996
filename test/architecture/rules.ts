/** Who may import whom, as data. A folder without a row of its own falls under the nearest one above it. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Rule, Table } from '../tools/imports.ts'

export const repository = join(import.meta.dirname, '..', '..')

/** The folders of the product; each file below them is under a rule. */
export const productFolders = ['roles', 'main', 'renderer', 'resources']

const cryptography = ['@noble/', '@scure/', 'bitcoinjs-lib']

const role = (name: string): Rule => ({
  folder: `roles/${name}`,
  folders: ['roles/protocol', 'roles/program'],
  packages: ['zod'],
  node: false,
})

const floor = ['bytes', 'canonical', 'result', 'version'].map((name) => `roles/protocol/${name}.ts`)

/** The rooms of roles/protocol, each of which may enter those before it. */
export const rooms = ['crypto', 'keys', 'documents', 'tx', 'link', 'index', 'requests', 'stamps', 'ticks'].map(
  (name) => `roles/protocol/${name}`,
)

const protocolRooms = (): Rule[] =>
  rooms.map((folder, at) => ({
    folder,
    folders: ['roles/program', ...floor, 'roles/protocol/events.ts', ...rooms.slice(0, at)],
    packages: [...cryptography, 'zod'],
    node: false,
  }))

/** Adapters do not know each other: each entry of main/adapters is one, whether folder or file. */
function adapters(): Rule[] {
  return readdirSync(join(repository, 'main', 'adapters'))
    .filter((name) => !name.endsWith('.md'))
    .map((name) => ({
      folder: `main/adapters/${name}`,
      folders: ['main/core/ports.ts', 'roles/protocol'],
      packages: 'any' as const,
      node: true,
    }))
}

const host = (name: string, more: string[] = [], packages: string[] = []): Rule => ({
  folder: `main/hosts/${name}`,
  folders: ['main/core', 'main/adapters', 'main/contract', 'main/hosts/terminal', 'resources', ...more],
  packages,
  node: true,
})

export const table: Table = {
  rules: [
    { folder: 'roles/program', folders: [], packages: [], node: false },
    { folder: 'roles/protocol', folders: ['roles/program'], packages: [...cryptography, 'zod', 'canonicalize'], node: false },
    ...protocolRooms(),
    role('supervisor'),
    role('server'),
    role('client'),
    { folder: 'main/contract', folders: [], typesOf: ['roles'], packages: ['zod'], node: false },
    { folder: 'main/core', folders: ['roles', 'main/contract'], packages: ['zod'], node: false },
    ...adapters(),
    host('worker'),
    // It checks what comes from files: an app's program, the note of an earlier run.
    host('headless', ['main/hosts/worker', 'main/hosts/sandbox', 'roles/program'], ['zod']),
    host('sandbox', ['main/hosts/worker', 'main/hosts/node', 'main/hosts/headless']),
    host('node', ['main/hosts/worker', 'main/hosts/headless/page']),
    { folder: 'main/hosts/electron', folders: ['main/contract'], packages: ['electron'], node: true },
    // The developer's command: the language, the parts of the protocol that a local run shares with the network, and no core.
    {
      folder: 'main/hosts/cli',
      folders: [
        'roles/program',
        'roles/protocol',
        'roles/client',
        'main/contract',
        'main/adapters/crypto',
        'main/adapters/torrent',
        'main/adapters/storage/make-folder.ts',
        'main/hosts/launcher',
        'main/hosts/terminal',
      ],
      packages: ['typescript'],
      node: true,
    },
    // What every program that is started from a terminal shares: its options and help, text files, writing files.
    { folder: 'main/hosts/terminal', folders: ['roles/protocol/result.ts', 'roles/protocol/canonical.ts'], packages: [], node: true },
    { folder: 'main/hosts/launcher', folders: ['main/hosts/terminal', 'main/hosts/worker/lean.ts'], packages: ['vite'], node: true },
    { folder: 'renderer', folders: ['main/contract', 'roles/program'], packages: ['svelte'], node: false },
    { folder: 'renderer/vite.config.ts', folders: [], packages: ['vite', '@sveltejs/vite-plugin-svelte'], node: true },
    { folder: 'resources', folders: ['roles/program'], packages: [], node: false },
    // Scripts that are run by hand and whose results are committed.
    { folder: 'resources/apps/compile.ts', folders: ['roles/program', 'resources/apps'], packages: [], node: true },
    { folder: 'resources/schema.ts', folders: ['roles/program'], packages: [], node: true },
    { folder: 'resources/icons', folders: [], packages: [], node: true },
  ],
  reserved: { electron: ['main/hosts/electron'], vite: ['main/hosts/launcher', 'renderer'], svelte: ['renderer'] },
}
