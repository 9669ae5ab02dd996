import { COMMON, EQUALS } from './apply.ts'
import { BOOLEAN } from './bool.ts'
import { BYTES } from './bytes.ts'
import { INT } from './int.ts'
import { KEY } from './key.ts'
import { LIST } from './list.ts'
import { MAP } from './map.ts'
import { OPTION } from './option.ts'
import { RECORD } from './record.ts'
import { TEXT } from './text.ts'
import { TREE } from './tree.ts'
import { VARIANT } from './variant.ts'
import { PLACE, ZIPPER } from './zipper.ts'

const COMPARABLE = { ...COMMON, ...EQUALS }

/** What the opened values of each kind of type can do; `place` is an option of places in a tree. */
export const METHODS: Readonly<Record<string, object>> = {
  int: { ...INT, ...COMPARABLE },
  text: { ...TEXT, ...COMPARABLE },
  bool: { ...BOOLEAN, ...COMPARABLE },
  bytes: { ...BYTES, ...COMPARABLE },
  key: { ...KEY, ...COMPARABLE },
  list: { ...LIST, ...COMPARABLE },
  option: { ...OPTION, ...COMPARABLE },
  record: { ...RECORD, ...COMPARABLE },
  variant: { ...VARIANT, ...COMPARABLE },
  map: { ...MAP, ...COMPARABLE },
  tree: { ...TREE, ...COMPARABLE },
  zipper: { ...ZIPPER, ...COMMON },
  place: { ...PLACE, ...COMMON },
}
