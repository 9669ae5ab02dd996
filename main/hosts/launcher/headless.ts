/** `npm run headless`: `npm start` without Electron. */
import { start } from './start.ts'

process.exitCode = await start('headless', process.argv.slice(2))
