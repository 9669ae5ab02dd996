/** Runs in the sandbox before the page: the one thing it does is to expose the page's API as `window.golem`. */
import { contextBridge, ipcRenderer } from 'electron'
import { commands, events } from '../../contract/index.ts'
import { callChannel, eventChannel, hearChannel } from './channels.ts'
import { sandbox } from '../../contract/sandbox.ts'
import { createPageApi } from './page-api.ts'

contextBridge.exposeInMainWorld(
  'golem',
  createPageApi(ipcRenderer, { commands: Object.keys({ ...commands, ...sandbox }), events, callChannel, hearChannel, eventChannel }),
)
