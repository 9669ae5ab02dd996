/** What documents prove: the answer of `golem verify`, for people and, with stable names, for programs. */
import type { DocumentType } from '../../../../roles/protocol/documents/index.ts'
import { wrap } from '../../terminal/layout.ts'

/** Something that was looked at. */
export interface Check {
  /** What it is about: a stable word. */
  what: string
  /** Null: it could not be looked at. */
  holds: boolean | null
  says: string
  /** Of PROTOCOL.md 18, where it does not hold. */
  code?: string
}

/** Somebody of whom it is proved that they did something. */
export interface Doer {
  key: string
  role: 'client' | 'server' | 'supervisor'
  did: string
  guilty: boolean
}

/** A document or file without which something could not be looked at. */
export interface Missing {
  what: DocumentType | 'file'
  sha256: string
  /** Its torrent, where one of the documents names it. */
  infohash: string | null
  says: string
}

export interface Finding {
  question: 'update' | 'burials' | 'dispute' | 'ticks'
  proved: boolean
  /** One sentence. */
  answer: string
  who: Doer[]
  checks: Check[]
  /** What these documents cannot show, and is taken as it is said. */
  taken: string[]
  missing: Missing[]
}

const MARKS = new Map<boolean | null, string>([
  [true, 'yes'],
  [false, 'NO'],
  [null, '?'],
])

function section(title: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.flatMap((line) => wrap(line, '  ', '    '))]
}

export function findingText({ answer, who, checks, taken, missing }: Finding): string {
  const code = (check: Check): string => (check.code === undefined ? '' : ` [${check.code}]`)
  return [
    ...wrap(answer, ''),
    ...section(
      'Who:',
      who.map(({ key, role, did, guilty }) => `${guilty ? 'guilty: ' : ''}${role} ${key}: ${did}`),
    ),
    ...section(
      'What was looked at:',
      checks.map((check) => `${MARKS.get(check.holds)!.padEnd(3)} ${check.what}: ${check.says}${code(check)}`),
    ),
    ...section('What these documents cannot show:', taken),
    ...section(
      'What is missing:',
      missing.map(({ says }) => says),
    ),
  ].join('\n')
}
