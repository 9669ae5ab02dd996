/**
 * How the processes of one network are started, so that many of them fit beside what else a computer does. By default V8 and the allocator
 * keep what a start took at its height, for a program that has the machine for itself.
 */
import process from 'node:process'

/** `lean`: one of many on a machine. `roomy`: the only one on its machine. */
export type Memory = 'lean' | 'roomy'

/** One helper thread where the default are four; Electron takes no such options. */
const optionsWith = (semiSpace: number): string[] =>
  'electron' in process.versions ? [] : [`--max-semi-space-size=${semiSpace}`, '--v8-pool-size=1']

/** For those that do little at a time: a young generation as small as it gets, in megabytes. */
export const leanOptions: string[] = optionsWith(1)

/**
 * For whoever runs one participant on a machine of its own: what a request leaves behind is collected seldom, and by the thread that made it. V8's helper threads
 * cost a server that answers one small message after another more than they save. In megabytes.
 */
export const roomyOptions: string[] =
  'electron' in process.versions ? [] : ['--min-semi-space-size=16', '--initial-heap-size=256', '--single-threaded-gc']

/** For who closes ticks, where a small one would be collected too often. */
export const busyOptions: string[] = optionsWith(2)

/** For several nodes in one process: they share its young generation. With eight megabytes it was collected twice a second, for a sixth of all their time. */
export const sharedOptions: string[] =
  'electron' in process.versions ? [] : ['--min-semi-space-size=32', '--max-semi-space-size=32', '--v8-pool-size=1']

/** glibc: one pool of memory for all threads, and what is free goes back to the system. Other systems do not read these. */
export const leanEnvironment = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '65536',
  UV_THREADPOOL_SIZE: '2',
}
