/** The newest lines of the log, as events and answers bring them. */
import type { LogLine } from '../../main/contract/index.ts'

export interface Lines {
  /** Newest first. */
  readonly lines: readonly LogLine[]
  hear(line: LogLine): void
  /** Lines that were heard while this answer was under way stay on top of it. @param lines oldest first */
  answered(lines: LogLine[]): void
  forget(): void
}

const MOST = 400

export function createLines(): Lines {
  let all = $state.raw<LogLine[]>([])
  return {
    get lines() {
      return all
    },
    hear: (line) => void (all = [line, ...all].slice(0, MOST)),
    answered(lines) {
      const answer = lines.toReversed()
      const newest = answer[0]?.at ?? 0
      const isAnswered = ({ at, who, message }: LogLine): boolean =>
        answer.some((line) => line.at === at && line.who === who && line.message === message)
      all = [...all.filter((line) => line.at >= newest && !isAnswered(line)), ...answer].slice(0, MOST)
    },
    forget: () => void (all = []),
  }
}
