/** Long work, shown while it goes on: one line that is drawn anew on a terminal, and elsewhere a line for each step. */

export interface Progress {
  /** @param percent 0 to 100; null where nobody knows */
  show(text: string, percent: number | null): void
  /** Leaves nothing of it on a terminal. */
  end(): void
}

const BAR = 20
/** Elsewhere a line is told again when it has come so much further, in per cent. */
const STEP = 25

const bar = (percent: number): string => {
  const full = Math.round((Math.min(100, Math.max(0, percent)) / 100) * BAR)
  return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${String(Math.floor(percent)).padStart(3)} %  `
}

/** @param columns of the terminal; null: there is none */
export function createProgress(columns: number | null, write: (text: string) => void): Progress {
  let drawn = false
  let last: { text: string; step: number } | null = null
  return {
    show(text, percent) {
      if (columns !== null) {
        const line = `${percent === null ? '' : bar(percent)}${text}`
        write(`\r\u001b[K${line.length < columns ? line : `${line.slice(0, columns - 2)}…`}`)
        drawn = true
        return
      }
      const step = Math.floor((percent ?? 0) / STEP)
      if (last?.text === text && last.step === step) return
      last = { text, step }
      write(`${text}${percent === null ? '' : ` (${Math.floor(percent)} %)`}\n`)
    },
    end() {
      if (drawn) write('\r\u001b[K')
      drawn = false
    },
  }
}
