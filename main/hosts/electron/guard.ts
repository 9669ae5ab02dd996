/** What the window's content may never do, whatever it loads: leave the page, open windows, ask for devices, download. */
import type { ContentsPart, SessionPart } from './parts.ts'

/** Refuses every permission, device and download for all windows of the session. */
export function guardSession(session: SessionPart): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.setDevicePermissionHandler(() => false)
  session.on('will-download', (event) => event.preventDefault())
}

/** Refuses new windows, navigation, redirects and webviews; applied to every web contents when it is created. */
export function guardContents(contents: ContentsPart): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-frame-navigate', (event) => event.preventDefault())
  contents.on('will-redirect', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())
}
