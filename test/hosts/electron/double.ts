/**
 * A double of the `electron` module. It is held to `Parts`, which is made of Electron's published types, and `published` proves that the
 * real module fits `Parts` too; so a call that Electron would not take does not compile here either.
 */
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions } from 'electron'
import type * as electron from 'electron'
import { EventEmitter } from 'node:events'
import type { AppPart, ChildPart, IpcRendererPart, Parts, SessionPart, TrayPart, WindowPart } from '../../../main/hosts/electron/parts.ts'

/** Compile-time only: Electron itself satisfies what the host asks for. */
export const published = (real: Pick<typeof electron, keyof Parts>): Parts => real

/** A preventable event, as Electron hands them to listeners. */
export function preventable(): { preventDefault(): void; defaultPrevented: boolean } {
  const event = { defaultPrevented: false, preventDefault: () => void (event.defaultPrevented = true) }
  return event
}

/** Electron's `on` has one overload per event; an emitter takes them all. */
const listening = <T>(emitter: EventEmitter): T => emitter.on.bind(emitter) as T

export function doubleContents() {
  const events = new EventEmitter()
  const sent: unknown[][] = []
  let openHandler: Parameters<electron.WebContents['setWindowOpenHandler']>[0] | undefined
  const contents: WindowPart['webContents'] = {
    id: 1,
    on: listening<electron.WebContents['on']>(events),
    setWindowOpenHandler: (handler) => void (openHandler = handler),
    send: (channel, ...args) => void sent.push([channel, ...args]),
  }
  return { contents, events, sent, openHandler: () => openHandler }
}

export type WindowDouble = ReturnType<typeof doubleWindow>
export function doubleWindow(options: BrowserWindowConstructorOptions) {
  const events = new EventEmitter()
  const inner = doubleContents()
  const seen = { visible: false, focused: 0, urls: [] as string[], minimised: false }
  const window: WindowPart = {
    webContents: inner.contents,
    on: listening<electron.BrowserWindow['on']>(events),
    loadURL: async (url) => void seen.urls.push(url),
    show: () => void (seen.visible = true),
    hide: () => void (seen.visible = false),
    focus: () => void (seen.focused += 1),
    isMinimized: () => seen.minimised,
    restore: () => void (seen.minimised = false),
    isDestroyed: () => false,
  }
  return { window, events, inner, options, seen }
}

export function doubleChild() {
  const events = new EventEmitter()
  const received: Array<Record<string, unknown>> = []
  const seen = { killed: 0 }
  const child: ChildPart = {
    on: listening<electron.UtilityProcess['on']>(events),
    postMessage: (message) => void received.push(message as Record<string, unknown>),
    kill: () => {
      seen.killed += 1
      events.emit('exit', 1)
      return true
    },
  }
  return { child, events, received, seen }
}

function doubleSession() {
  const events = new EventEmitter()
  const seen: {
    request?: Parameters<electron.Session['setPermissionRequestHandler']>[0]
    check?: Parameters<electron.Session['setPermissionCheckHandler']>[0]
    device?: Parameters<electron.Session['setDevicePermissionHandler']>[0]
    schemes: Record<string, Parameters<electron.Protocol['handle']>[1]>
  } = { schemes: {} }
  const session: SessionPart = {
    on: listening<electron.Session['on']>(events),
    setPermissionRequestHandler: (handler) => void (seen.request = handler),
    setPermissionCheckHandler: (handler) => void (seen.check = handler),
    setDevicePermissionHandler: (handler) => void (seen.device = handler),
    protocol: { handle: (scheme, handler) => void (seen.schemes[scheme] = handler) },
  }
  return { session, events, seen }
}

function doubleApp(lock: boolean) {
  const events = new EventEmitter()
  const seen = { quits: 0, exited: false, sandboxed: false }
  const app: AppPart = {
    on: listening<electron.App['on']>(events),
    requestSingleInstanceLock: () => lock,
    whenReady: async () => undefined,
    getPath: (name) => `/paths/${name}`,
    enableSandbox: () => void (seen.sandboxed = true),
    exit: () => void (seen.exited = true),
    quit: () => {
      seen.quits += 1
      const event = preventable()
      events.emit('before-quit', event)
      seen.exited = !event.defaultPrevented
    },
  }
  return { app, events, seen }
}

/** Everything `startApp` takes, and what it did with it. */
export function doubleElectron({ lock = true } = {}) {
  const app = doubleApp(lock)
  const session = doubleSession()
  const windows: WindowDouble[] = []
  const children: Array<ReturnType<typeof doubleChild> & { arguments: unknown[] }> = []
  const handlers = new Map<string, Parameters<electron.IpcMain['handle']>[1]>()
  const tray = { tooltips: [] as string[], menus: [] as MenuItemConstructorOptions[][], events: new EventEmitter() }
  const schemes: electron.CustomScheme[] = []
  const parts: Parts = {
    app: app.app,
    BrowserWindow: function (options: BrowserWindowConstructorOptions) {
      const made = doubleWindow(options)
      windows.push(made)
      return made.window
    } as unknown as Parts['BrowserWindow'],
    Tray: function () {
      return {
        setToolTip: (text) => void tray.tooltips.push(text),
        setContextMenu: () => undefined,
        on: listening<electron.Tray['on']>(tray.events),
      } satisfies TrayPart
    } as unknown as Parts['Tray'],
    Menu: {
      buildFromTemplate: (template) => {
        tray.menus.push(template as MenuItemConstructorOptions[])
        return {} as electron.Menu
      },
      setApplicationMenu: () => undefined,
    },
    nativeImage: { createFromPath: () => ({}) as electron.NativeImage },
    ipcMain: { handle: (channel, handler) => void handlers.set(channel, handler) },
    protocol: { registerSchemesAsPrivileged: (list) => void schemes.push(...list) },
    session: { defaultSession: session.session },
    utilityProcess: {
      fork: (...args) => {
        const made = doubleChild()
        children.push({ ...made, arguments: args })
        return made.child
      },
    },
  }
  return { parts, app, session, windows, children, handlers, tray, schemes }
}

/** The renderer's end of the channels. */
export function doubleIpcRenderer() {
  const events = new EventEmitter()
  const invoked: unknown[][] = []
  const ipc: IpcRendererPart = {
    invoke: async (channel, ...args) => {
      invoked.push([channel, ...args])
      return { ok: true, value: 'answered' }
    },
    on: (channel, listener) => {
      events.on(channel, listener)
      return {} as electron.IpcRenderer
    },
    removeListener: (channel, listener) => {
      events.off(channel, listener)
      return {} as electron.IpcRenderer
    },
  }
  return { ipc, events, invoked }
}
