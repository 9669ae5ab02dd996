/** The life of the desktop app: one instance, one window, a tray icon, and the core in a process of its own. No logic of the product. */
import { bridgeCalls } from './bridge.ts'
import { eventChannel } from './channels.ts'
import { type CoreProcess, startCore } from './core-process.ts'
import { guardContents, guardSession } from './guard.ts'
import { declareScheme, servePage } from './page.ts'
import type { Parts, Paths } from './parts.ts'
import { createTray, type TrayIcon } from './tray.ts'
import { createWindow, type MainWindow } from './window.ts'

interface Running {
  core: CoreProcess
  main: MainWindow
  tray: TrayIcon
}

/** Wires the parts together once Electron is ready. */
function open(parts: Parts, paths: Paths, quitting: () => boolean): Running {
  const { defaultSession } = parts.session
  guardSession(defaultSession)
  servePage(defaultSession, paths.renderer)
  parts.Menu.setApplicationMenu(null)
  const main = createWindow(parts, paths, () => !quitting())
  const tray = createTray(parts, paths, { open: main.reveal, quit: () => parts.app.quit() })
  const core = startCore(parts, {
    module: paths.worker,
    config: { folder: parts.app.getPath('userData') },
    onEvent: (name, value, node) => {
      if (!main.window.isDestroyed()) main.window.webContents.send(eventChannel, name, value, node)
    },
    onState: tray.say,
  })
  bridgeCalls(parts.ipcMain, core)
  return { core, main, tray }
}

/** Starts the app, or hands over to the instance that already runs. Resolves when the window is being loaded. */
export async function startApp(parts: Parts, paths: Paths): Promise<void> {
  const { app } = parts
  if (!app.requestSingleInstanceLock()) return app.quit()
  let running: Running | undefined
  let phase: 'running' | 'stopping' | 'stopped' = 'running'
  declareScheme(parts.protocol)
  app.enableSandbox()
  app.on('web-contents-created', (_event, contents) => guardContents(contents))
  app.on('second-instance', () => running?.main.reveal())
  app.on('activate', () => running?.main.reveal())
  // Without a listener Electron quits when the last window closes; hosting goes on in the tray.
  app.on('window-all-closed', () => undefined)
  app.on('before-quit', (event) => {
    if (phase === 'stopped' || running === undefined) return
    // The core closes its database first; only then may the process end.
    event.preventDefault()
    if (phase === 'stopping') return
    phase = 'stopping'
    running.tray.say('stopping')
    void running.core.stop().finally(() => {
      phase = 'stopped'
      app.quit()
    })
  })
  await app.whenReady()
  running = open(parts, paths, () => phase !== 'running')
}
