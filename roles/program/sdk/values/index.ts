import { notCalled } from '../guards.ts'
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

/** A method that was not called is no value either: `list.length > 3` would otherwise be false without a word. */
function uncalled(methods: object): object {
  for (const [name, method] of Object.entries(methods))
    Object.defineProperty(method, Symbol.toPrimitive, { value: () => notCalled(name), configurable: true })
  return methods
}

const COMPARABLE = { ...COMMON, ...EQUALS }

/** What the opened values of each kind of type can do; `place` is an option of places in a tree. */
export const METHODS: Readonly<Record<string, object>> = {
  int: uncalled({ ...INT, ...COMPARABLE }),
  text: uncalled({ ...TEXT, ...COMPARABLE }),
  bool: uncalled({ ...BOOLEAN, ...COMPARABLE }),
  bytes: uncalled({ ...BYTES, ...COMPARABLE }),
  key: uncalled({ ...KEY, ...COMPARABLE }),
  list: uncalled({ ...LIST, ...COMPARABLE }),
  option: uncalled({ ...OPTION, ...COMPARABLE }),
  record: uncalled({ ...RECORD, ...COMPARABLE }),
  variant: uncalled({ ...VARIANT, ...COMPARABLE }),
  map: uncalled({ ...MAP, ...COMPARABLE }),
  tree: uncalled({ ...TREE, ...COMPARABLE }),
  zipper: uncalled({ ...ZIPPER, ...COMMON }),
  place: uncalled({ ...PLACE, ...COMMON }),
}
