import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preloadBundle } from '../../../main/hosts/launcher/build.ts'
import { bundle } from '../../../main/hosts/launcher/bundle.ts'
import { repository } from '../../../main/hosts/launcher/places.ts'
import { SOUND } from '../../../roles/protocol/crypto/index.ts'
import { documentsFiles } from '../../../roles/protocol/ticks/index.ts'
import { checkedScene } from '../../roles/supervisor/checked.ts'

const run = promisify(execFile)

/** Inside the repository, because bundles find their packages in its node_modules. */
let folder: string
beforeAll(async () => {
  await mkdir(join(repository, '.cache'), { recursive: true })
  folder = await mkdtemp(join(repository, '.cache', 'build-test-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the bundles', () => {
  it('a program with a thread of its own runs from the bundle alone', async () => {
    await mkdir(join(folder, 'source', 'deep'), { recursive: true })
    await writeFile(
      join(folder, 'source', 'entry.ts'),
      "import { ask } from './deep/pool.ts'\nconst answer: number = await ask(20)\nconsole.log(answer)\n",
    )
    await writeFile(
      join(folder, 'source', 'deep', 'pool.ts'),
      `import { Worker } from 'node:worker_threads'
export const ask = (n: number): Promise<number> => new Promise((resolve) => {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: n })
  worker.on('message', resolve)
})
`,
    )
    await writeFile(
      join(folder, 'source', 'deep', 'thread.ts'),
      "import { parentPort, workerData } from 'node:worker_threads'\nimport { double } from './double.ts'\nparentPort?.postMessage(double(workerData as number))\n",
    )
    await writeFile(join(folder, 'source', 'deep', 'double.ts'), 'export const double = (n: number): number => 2 * n\n')
    await bundle('source/entry.ts', join(folder, 'out'), 'index', folder)
    await rm(join(folder, 'source'), { recursive: true })
    const { stdout } = await run(process.execPath, [join(folder, 'out', 'index.js')])
    expect(stdout.trim()).toBe('40')
  })

  it('threads that check documents are found beside a bundle, and do their work from there', async () => {
    const { documents } = await checkedScene(16, ['a link signed by nobody'])
    await writeFile(join(folder, 'documents.0'), documentsFiles(documents)[0]!.bytes)
    const entry = join(folder, 'check', 'entry.ts')
    await mkdir(join(folder, 'check'), { recursive: true })
    await writeFile(
      entry,
      `import { readFileSync } from 'node:fs'
import { createChecker } from '${join(repository, 'main/adapters/crypto/checker.ts')}'
const { crypto, threads, close } = createChecker(undefined, { threads: 2 })
const check = await crypto.ahead!.check(readFileSync('${join(folder, 'documents.0')}'), [])
console.log(JSON.stringify({ threads: threads(), found: [...check!.found] }))
await close()
`,
    )
    await bundle(entry, join(folder, 'checked'), 'index')
    await rm(join(folder, 'check'), { recursive: true })
    const { stdout } = await run(process.execPath, [join(folder, 'checked', 'index.js')])
    expect(JSON.parse(stdout)).toEqual({ threads: 1, found: [0, ...Array<number>(16).fill(SOUND)] })
  })

  it('the main process of Electron leaves electron and packages outside', async () => {
    await bundle('main/hosts/electron/main.ts', join(folder, 'electron'), 'main')
    const text = await readFile(join(folder, 'electron', 'main.js'), 'utf8')
    expect(text).toMatch(/from ?["']electron["']/)
    expect(text).not.toMatch(/from ?["']\.{1,2}\//)
  })

  it('a participant is one file that needs no package but native ones, and finds everything that it imports', async () => {
    await bundle('main/hosts/worker/index.ts', join(folder, 'participant'), 'index')
    const text = await readFile(join(folder, 'participant', 'index.js'), 'utf8')
    const named = [...text.matchAll(/^import .*?["']([^"'\n]+)["'];?$/gm)].map(([, name]) => name!)
    expect(named.filter((name) => !name.startsWith('node:') && !isBuiltin(name)).toSorted()).toEqual(['better-sqlite3', 'tiny-secp256k1'])
    // Without a parent it has nobody to serve, and ends when nothing keeps it.
    await run(process.execPath, [join(folder, 'participant', 'index.js')])
  })

  it('the preload is one CommonJS file that requires electron and nothing else, as the sandbox demands', async () => {
    await build({ ...preloadBundle, build: { ...preloadBundle.build, outDir: join(folder, 'preload') } })
    const text = await readFile(join(folder, 'preload', 'preload.cjs'), 'utf8')
    expect([...text.matchAll(/\brequire\(([^)]*)\)/g)].map(([, name]) => name)).toEqual(['"electron"'])
    expect(text).not.toMatch(/^\s*(import|export) /m)
    expect(text).not.toContain('import.meta')
  })
})
