import { describe, expect, it } from 'vitest'
import { startApp } from '../../../main/hosts/electron/app.ts'
import { doubleElectron, preventable } from './double.ts'

const paths = { renderer: '/app/renderer', preload: '/app/preload.cjs', worker: '/app/worker.js', icons: '/app/icons' }
const start = { kind: 'start', node: '', config: { folder: '/paths/userData' } }

async function started() {
  const double = doubleElectron()
  await startApp(double.parts, paths)
  const [window] = double.windows
  const [child] = double.children
  if (window === undefined || child === undefined) throw new Error('no window or no core')
  return { ...double, window, child }
}

describe('the window', () => {
  it('is sandboxed, isolated and without Node', async () => {
    const { window, app } = await started()
    expect(window.options.webPreferences).toMatchObject({
      preload: '/app/preload.cjs',
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    expect(app.seen.sandboxed).toBe(true)
    expect(window.seen.urls).toEqual(['golem://app/index.html'])
  })

  it('is shown when its page is ready', async () => {
    const { window } = await started()
    expect(window.seen.visible).toBe(false)
    window.events.emit('ready-to-show')
    expect(window.seen.visible).toBe(true)
  })

  it('is hidden when the person closes it, and hosting goes on', async () => {
    const { window, child } = await started()
    window.events.emit('ready-to-show')
    const event = preventable()
    window.events.emit('close', event)
    expect(event.defaultPrevented).toBe(true)
    expect(window.seen.visible).toBe(false)
    expect(child.received).toEqual([start])
  })

  it('closing the last window does not quit: somebody listens to it', async () => {
    const { app } = await started()
    expect(app.events.listenerCount('window-all-closed')).toBe(1)
  })

  it('comes back from a minimised state when the tray icon is clicked', async () => {
    const { window, tray } = await started()
    window.seen.minimised = true
    tray.events.emit('click')
    expect(window.seen).toMatchObject({ minimised: false, visible: true, focused: 1 })
  })
})

describe('one instance', () => {
  it('a second one quits without a window or a core', async () => {
    const double = doubleElectron({ lock: false })
    await startApp(double.parts, paths)
    expect(double.app.seen.quits).toBe(1)
    expect([double.windows.length, double.children.length]).toEqual([0, 0])
  })

  it('the first one shows its window when a second is started', async () => {
    const { app, window } = await started()
    app.events.emit('second-instance')
    expect(window.seen.visible).toBe(true)
  })
})

describe('quitting', () => {
  it('waits for the core to close its files', async () => {
    const { app, child, window } = await started()
    app.app.quit()
    expect(app.seen.exited).toBe(false)
    expect(child.received).toEqual([start, { kind: 'stop' }])
    child.events.emit('exit', 0)
    await new Promise((resolve) => setImmediate(resolve))
    expect(app.seen.exited).toBe(true)
    const event = preventable()
    window.events.emit('close', event)
    expect(event.defaultPrevented).toBe(false)
  })

  it('is in the menu of the tray', async () => {
    const { tray, child } = await started()
    const quit = tray.menus.at(-1)?.find((item) => item.label?.startsWith('Quit'))
    ;(quit?.click as (() => void) | undefined)?.()
    expect(child.received).toEqual([start, { kind: 'stop' }])
  })
})

describe('the core', () => {
  it('runs in a utility process with the data folder of the user', async () => {
    const { child } = await started()
    expect(child.arguments[0]).toBe('/app/worker.js')
    expect(child.received).toEqual([start])
  })

  it('its events reach the page, its state the tray', async () => {
    const { child, window, tray } = await started()
    child.events.emit('message', { kind: 'ready', node: '' })
    child.events.emit('message', { kind: 'event', node: 'you', event: 'log', payload: { message: 'hello' } })
    expect(window.inner.sent).toEqual([['golem:event', 'log', { message: 'hello' }, 'you']])
    expect(tray.tooltips.at(-1)).toBe('Golem: running')
  })
})
