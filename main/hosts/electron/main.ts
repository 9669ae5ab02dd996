/** Entry of the desktop app: hands Electron itself to app.ts. Built into dist/electron/main.js. */
import { app, BrowserWindow, ipcMain, Menu, nativeImage, protocol, session, Tray, utilityProcess } from 'electron'
import { join } from 'node:path'
import { startApp } from './app.ts'

const dist = join(import.meta.dirname, '..')

// Not awaited: Electron is ready only after this module has been loaded to its end.
startApp(
  { app, BrowserWindow, ipcMain, Menu, nativeImage, protocol, session, Tray, utilityProcess },
  {
    renderer: join(dist, 'renderer'),
    preload: join(dist, 'electron', 'preload.cjs'),
    worker: join(dist, 'worker', 'network.js'),
    icons: join(dist, '..', 'resources', 'icons'),
  },
).catch((error: unknown) => {
  process.stderr.write(`golem: the app could not start: ${String(error)}\n`)
  app.exit(1)
})
