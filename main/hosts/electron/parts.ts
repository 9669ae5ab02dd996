/**
 * The parts of the `electron` module that this host uses, in the words of Electron's published types. Every function here takes them
 * as a parameter, so the tests run against a double of the same type; only main.ts and preload.ts load Electron itself.
 */
import type {
  App,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  IpcMain,
  IpcRenderer,
  Menu,
  NativeImage,
  Protocol,
  Session,
  Tray,
  UtilityProcess,
  WebContents,
} from 'electron'
import type * as electron from 'electron'

export type AppPart = Pick<App, 'requestSingleInstanceLock' | 'whenReady' | 'quit' | 'exit' | 'on' | 'getPath' | 'enableSandbox'>
export type SessionPart = Pick<
  Session,
  'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'on'
> & {
  protocol: Pick<Protocol, 'handle'>
}
export type ContentsPart = Pick<WebContents, 'setWindowOpenHandler' | 'on' | 'send' | 'id'>
export type WindowPart = Pick<BrowserWindow, 'loadURL' | 'show' | 'hide' | 'focus' | 'isMinimized' | 'restore' | 'isDestroyed' | 'on'> & {
  webContents: ContentsPart
}
export type TrayPart = Pick<Tray, 'setToolTip' | 'setContextMenu' | 'on'>
export type ChildPart = Pick<UtilityProcess, 'postMessage' | 'on' | 'kill'>
export type IpcMainPart = Pick<IpcMain, 'handle'>
export type IpcRendererPart = Pick<IpcRenderer, 'invoke' | 'on' | 'removeListener'>

/** What main.ts hands in. `menu` and `image` make what only Electron can make. */
export interface Parts {
  app: AppPart
  BrowserWindow: new (options: BrowserWindowConstructorOptions) => WindowPart
  Tray: new (icon: NativeImage) => TrayPart
  Menu: Pick<typeof Menu, 'buildFromTemplate' | 'setApplicationMenu'>
  nativeImage: Pick<typeof electron.nativeImage, 'createFromPath'>
  ipcMain: IpcMainPart
  protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>
  session: { defaultSession: SessionPart }
  utilityProcess: { fork(...args: Parameters<typeof electron.utilityProcess.fork>): ChildPart }
}

/** Files of the built app; absolute paths. */
export interface Paths {
  /** Folder of the built renderer, with index.html. */
  renderer: string
  preload: string
  /** Module of the sandbox (main/hosts/sandbox/entry.ts), run in a utility process. */
  worker: string
  icons: string
}
