/**
 * One build of a developer's program in a thread of its own, so with a fresh module graph. It posts `started` when the program begins, then
 * one answer: the canonical document or the mistake. The thread can be stopped from outside when it never ends.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { type BuildTask, traceFile } from './trace.ts'

parentPort!.postMessage(await traceFile(workerData as BuildTask, () => parentPort!.postMessage('started')))
