import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardContents, guardSession } from '../../../main/hosts/electron/guard.ts'
import { answerPage, declareScheme, policy, servePage } from '../../../main/hosts/electron/page.ts'
import { doubleContents, doubleElectron, preventable } from './double.ts'

describe('content of the window', () => {
  it.each(['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview'])('%s is prevented', (name) => {
    const { contents, events } = doubleContents()
    guardContents(contents)
    const event = preventable()
    events.emit(name, event)
    expect(event.defaultPrevented).toBe(true)
  })

  it('opens no windows', () => {
    const { contents, openHandler } = doubleContents()
    guardContents(contents)
    expect(openHandler()?.({ url: 'https://example.org' } as never)).toEqual({ action: 'deny' })
  })

  it('is given no permission, no device and no download', () => {
    const { session } = doubleElectron()
    guardSession(session.session)
    let granted: boolean | undefined
    session.seen.request?.({} as never, 'media', (answer) => void (granted = answer), {} as never)
    expect(granted).toBe(false)
    expect(session.seen.check?.(null, 'geolocation', '', {} as never)).toBe(false)
    expect(session.seen.device?.({} as never)).toBe(false)
    const event = preventable()
    session.events.emit('will-download', event)
    expect(event.defaultPrevented).toBe(true)
  })
})

describe('the page', () => {
  let folder: string
  const ask = (path: string, method = 'GET') => answerPage(join(folder, 'renderer'), { url: `golem://app${path}`, method })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'golem-page-'))
    await mkdir(join(folder, 'renderer'))
    await writeFile(join(folder, 'renderer', 'index.html'), '<p>here</p>')
    await writeFile(join(folder, 'renderer', 'app.js'), 'run()')
    await writeFile(join(folder, 'secret.json'), '{}')
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('comes with its type and the strict policy', async () => {
    const answer = await ask('/')
    expect(await answer.text()).toBe('<p>here</p>')
    expect(answer.headers.get('content-type')).toContain('text/html')
    expect(answer.headers.get('content-security-policy')).toBe(policy)
    expect((await ask('/app.js')).headers.get('content-type')).toContain('javascript')
  })

  it('the policy allows no inline script, no eval and no other host', () => {
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|http|\*/)
  })

  it.each([['/../secret.json'], ['/%2e%2e/secret.json'], ['/..%2fsecret.json'], ['/%00.html'], ['/%ff.html']])(
    '%s leads nowhere',
    async (path) => {
      expect((await ask(path)).status).toBeGreaterThanOrEqual(400)
    },
  )

  it('answers only GET, only its own origin, only what is there', async () => {
    expect((await ask('/', 'POST')).status).toBe(405)
    expect((await answerPage(folder, { url: 'golem://other/', method: 'GET' })).status).toBe(400)
    expect((await ask('/missing.js')).status).toBe(404)
  })

  it('is served under a scheme of its own that is declared as secure', () => {
    const double = doubleElectron()
    declareScheme(double.parts.protocol)
    servePage(double.session.session, '/renderer')
    expect(double.schemes).toEqual([{ scheme: 'golem', privileges: { standard: true, secure: true, supportFetchAPI: false } }])
    expect(Object.keys(double.session.seen.schemes)).toEqual(['golem'])
  })
})
