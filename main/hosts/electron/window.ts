/** The one window: sandboxed, isolated, and hidden instead of closed, so that hosting goes on. */
import { join } from 'node:path'
import { origin } from './page.ts'
import type { Parts, Paths, WindowPart } from './parts.ts'

export interface MainWindow {
  window: WindowPart
  /** Brings the window to the front, from the tray or a minimised state. */
  reveal(): void
}

/**
 * @param keepHosting asked when the person closes the window: true hides it, false lets it close because the app is quitting
 */
export function createWindow(parts: Pick<Parts, 'BrowserWindow'>, paths: Paths, keepHosting: () => boolean): MainWindow {
  const window = new parts.BrowserWindow({
    width: 1180,
    height: 780,
    minWidth: 640,
    minHeight: 480,
    show: false,
    title: 'Golem',
    icon: join(paths.icons, '256x256.png'),
    webPreferences: {
      preload: paths.preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  })
  const reveal = (): void => {
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }
  window.on('ready-to-show', reveal)
  window.on('close', (event) => {
    if (!keepHosting()) return
    event.preventDefault()
    window.hide()
  })
  void window.loadURL(`${origin}/index.html`)
  return { window, reveal }
}
