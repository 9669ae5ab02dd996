/** Paths of what is asked of a server over HTTP (PROTOCOL.md 16): one listener answers for all servers of a node, so each path names the one it is for. */
import { PROTOCOL } from '../version.ts'

export const ASKED = ['request', 'continue', 'hop', 'ready'] as const
/** What a server is asked: to relay a request, or one that goes on after a pause; to run a block; whether it is ready for some ticks. */
export type Asked = (typeof ASKED)[number]

/** @param recipient x-only key of the server, 64 lower-case hex digits */
export const pathTo = (recipient: string, asked: Asked): string => `/${PROTOCOL}/${recipient}/${asked}`

const FORM = new RegExp(`^/${PROTOCOL}/([0-9a-f]{64})/(${ASKED.join('|')})$`)

/** Whom a path names, and what it asks; null for anything else: a path has one form, and no query. */
export function readPath(path: string): { recipient: string; asked: Asked } | null {
  const found = FORM.exec(path)
  return found === null ? null : { recipient: found[1]!, asked: found[2] as Asked }
}
