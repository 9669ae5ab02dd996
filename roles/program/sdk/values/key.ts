import type { Comparable, Key } from '../marks.ts'
import type { Methods } from './apply.ts'

/** The address of a reserved key of a collection; the empty address is «no key». Keys of one collection are compared with `equals`. */
export interface KeyExpr<C extends string> extends Comparable<Key<C>> {
  readonly collection?: C
}

export const KEY: Omit<Methods<KeyExpr<string>>, 'collection'> = {}
