import type { Comparable, Key } from '../marks.ts'
import { key } from '../types.ts'
import { apply, constant, give, self } from './apply.ts'
import type { Methods } from './apply.ts'
import type { BoolExpr } from './bool.ts'

/** The address of a reserved key of a collection. Keys of one collection are compared with `equals`. */
export interface KeyExpr<C extends string> extends Comparable<Key<C>> {
  readonly collection?: C
  /** Whether it is «no key», the empty address. */
  isEmpty(): BoolExpr
}

export const KEY: Omit<Methods<KeyExpr<string>>, 'collection'> = {
  isEmpty(this: object) {
    const address = self(this)
    return give(apply('equal', address, constant(address.type, '')))
  },
}

/** No key of a collection, where one might be. */
export const noKey = <C extends string>(collection: C): KeyExpr<C> => give(constant(key(collection).type, '')) as KeyExpr<C>
