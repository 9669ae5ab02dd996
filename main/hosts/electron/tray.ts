/** The icon that stays while the window is closed: it says what the node is doing, opens the window, and quits. */
import { join } from 'node:path'
import type { Parts, Paths } from './parts.ts'

export interface TrayIcon {
  /** One short line, shown as tooltip and as the first entry of the menu. */ say(status: string): void
}

/** @param actions what the menu's entries do */
export function createTray(
  parts: Pick<Parts, 'Tray' | 'Menu' | 'nativeImage'>,
  paths: Paths,
  actions: { open(): void; quit(): void },
): TrayIcon {
  const tray = new parts.Tray(parts.nativeImage.createFromPath(join(paths.icons, 'tray.png')))
  const say = (status: string): void => {
    tray.setToolTip(`Golem: ${status}`)
    tray.setContextMenu(
      parts.Menu.buildFromTemplate([
        { label: status, enabled: false },
        { type: 'separator' },
        { label: 'Open Golem', click: actions.open },
        { label: 'Quit (stops hosting)', click: actions.quit },
      ]),
    )
  }
  tray.on('click', actions.open)
  say('starting')
  return { say }
}
