import type { Bridge } from './lib/bridge.ts'

declare global {
  interface Window {
    golem?: Bridge
  }
}
