import { spawn } from 'node:child_process'

/**
 * Starts a program that tells a growing number on each line, and kills it (SIGKILL) so many milliseconds after its first word.
 * @returns the last number that it told whole. Rejects when it ended by itself.
 */
export const untilKilled = (program: string, folder: string, first: number, afterMs: number, ...more: string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, folder, String(first), ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, errors] = ['', '']
    child.stdout.on('data', (data: Buffer) => {
      if (out === '') setTimeout(() => child.kill('SIGKILL'), afterMs)
      out += data.toString()
    })
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString()
    })
    child.on('close', (_code, signal) => {
      const told = out.split('\n').slice(0, -1).map(Number)
      if (signal !== 'SIGKILL' || told.length === 0) reject(new Error(`${program} ended by itself: ${errors}`))
      else resolve(told.at(-1)!)
    })
  })
