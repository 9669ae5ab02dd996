/** A tracker in a process of its own: what it remembers is not the memory of the node that is measured. */
import process from 'node:process'
import { startTracker } from '../../../main/adapters/torrent/tracker.ts'

const tracker = await startTracker({ host: '127.0.0.1', port: 0, intervalMs: 120_000 })
process.send?.(tracker.announceUrl)
process.on('disconnect', () => process.exit())
