import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linkNode, nodeThatStays, projectNode, whyInstall } from '../../../main/hosts/launcher/install.mjs'

let root: string
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'golem-install-'))))
afterEach(() => rm(root, { recursive: true, force: true }))

const lock = (packages: Record<string, object>): string => JSON.stringify({ packages: { '': {}, ...packages } })

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), text)
}

describe('packages are installed', () => {
  it('when there are none, or an install was broken off', async () => {
    await put('package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }))
    expect(whyInstall(root)).toContain('not installed yet')
    await put('node_modules/a/package.json', '{}')
    expect(whyInstall(root)).toContain('not installed yet')
  })

  it('when the lock file asks for another version or one more package', async () => {
    await put('node_modules/.package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }))
    await put('package-lock.json', lock({ 'node_modules/a': { version: '1.0.1' } }))
    expect(whyInstall(root)).toBe('a is not at 1.0.1')
    await put('package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '2.0.0' } }))
    expect(whyInstall(root)).toBe('b is missing')
  })

  it('but not when all is there, and not for optional packages of other platforms', async () => {
    await put('node_modules/.package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }))
    await put(
      'package-lock.json',
      lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/win': { version: '1.0.0', optional: true } }),
    )
    expect(whyInstall(root)).toBeUndefined()
  })
})

describe('the Node that runs the project', () => {
  it('is the one of the npm package where it is installed, else the running one', async () => {
    expect(projectNode(root)).toBe(process.execPath)
    await put(`node_modules/node/bin/${process.platform === 'win32' ? 'node.exe' : 'node'}`, '')
    expect(projectNode(root)).toContain(join('node_modules', 'node', 'bin'))
  })

  it('fetches itself by another Node than the one that an install takes away', async () => {
    const name = process.platform === 'win32' ? 'node.exe' : 'node'
    const own = join(root, 'node_modules', 'node', 'bin', name)
    const link = join(root, 'node_modules', '.bin')
    await put(join('node_modules', '.bin', name), '')
    await put(join('outside', name), '')
    await put(join('npm', name), '')
    const PATH = [link, join(root, 'nothing'), join(root, 'outside')].join(delimiter)
    expect(nodeThatStays(root, { PATH }, own)).toBe(join(root, 'outside', name))
    expect(nodeThatStays(root, { PATH, npm_node_execpath: join(root, 'npm', name) }, own)).toBe(join(root, 'npm', name))
    expect(nodeThatStays(root, { PATH, npm_node_execpath: own }, own)).toBe(join(root, 'outside', name))
    expect(nodeThatStays(root, { PATH }, process.execPath)).toBe(process.execPath)
    expect(nodeThatStays(root, {}, own)).toBe(own)
  })

  it.skipIf(process.platform === 'win32')('is found by its name again after an install, whichever Node the install ran by', async () => {
    const link = join(root, 'node_modules', '.bin', 'node')
    await put(join('node_modules', '.bin', 'other'), '')
    linkNode(root)
    await expect(readFile(link)).rejects.toThrow('ENOENT')
    await put(join('node_modules', 'node', 'bin', 'node'), 'the binary')
    linkNode(root)
    linkNode(root)
    expect(await readFile(link, 'utf8')).toBe('the binary')
  })
})
