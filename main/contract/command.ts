/** What an entry of the contract's table is made of. */
import { z } from 'zod'

/** Whose a command is, where several nodes answer behind one contract: of everybody together, of the node that it names, or of the one that has its engagement or request. */
export type Owner = 'everybody' | 'node' | 'engagement' | 'request'

export interface Command {
  /** Left out: the node's own. */
  of?: Owner
  /** Changes nothing that a view shows. */
  reads?: true
  /** Bytes that its arguments may have as JSON, where `LARGEST` is too few. */
  largest?: number
  doc: string
  args: z.ZodObject
  result: unknown
}

/** Bytes of a command's arguments as JSON: far above any of the contract, far below what could hurt. */
export const LARGEST = 256 << 10
/** Of one that brings a program. */
export const LARGEST_PROGRAM = 16 << 20

export const none = z.strictObject({})
export const hex32 = z.string().regex(/^[0-9a-f]{64}$/)
export const text = (max: number) => z.string().max(max)
export const result = <T>() => undefined as unknown as T

/**
 * An engagement of this node: its id, the app's id, the beginning of either (6 hex digits at least) where only one begins so, the app's title, or its link.
 * Roles are told apart by the command; where there is only one, it may be left out.
 */
export const engagement = z.string().min(1).max(2_000)
