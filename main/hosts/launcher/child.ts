/** Runs one program to its end with this terminal, passing signals and the exit code through. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Ctrl-C on a terminal reaches the whole process group by itself, so SIGINT is only forwarded where there is no terminal.
 *
 * @returns the exit code; 128 + number for an end by a signal, 127 when the program could not be started
 */
export function runToEnd(program: string, args: string[], environment: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } })
    const forward = (signal: NodeJS.Signals): void => {
      if (signal !== 'SIGINT' || process.stdin.isTTY !== true) child.kill(signal)
    }
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
    for (const signal of signals) process.on(signal, forward)
    const parent = process.ppid
    // The launcher (run.mjs), when it was killed, has forwarded nothing.
    const orphaned = setInterval(() => {
      if (process.env['GOLEM_NODE'] !== undefined && process.ppid !== parent) child.kill('SIGTERM')
    }, 1000).unref()
    const end = (code: number): void => {
      clearInterval(orphaned)
      for (const signal of signals) process.off(signal, forward)
      resolve(code)
    }
    child.on('error', () => end(127))
    child.on('exit', (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  })
}
