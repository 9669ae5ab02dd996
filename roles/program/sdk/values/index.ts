import { notCalled } from '../guards.ts'
import { BuildError } from '../recorder.ts'
import { COMMON, EQUALS, mostArguments } from './apply.ts'
import type { Method } from './apply.ts'
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

/**
 * Methods that refuse an argument more than they take, which JavaScript would drop without a word, `append(1, 2)`; those that take any number look
 * at it themselves. A method that was not called is no value either: `list.length > 3` would otherwise be false without a word.
 */
function watched(methods: object): object {
  const made: Record<string, Method> = {}
  for (const [name, method] of Object.entries(methods as Record<string, Method>)) {
    const most = mostArguments(method)
    const wrapped: Method = function (...args) {
      if (args.length > most) throw new BuildError('program.type', `${name} takes ${most} arguments besides the value, not ${args.length}.`)
      return Reflect.apply(method, this, args)
    }
    made[name] = Object.defineProperty(wrapped, Symbol.toPrimitive, { value: () => notCalled(name) })
  }
  return made
}

const COMPARABLE = { ...COMMON, ...EQUALS }

/** What the opened values of each kind of type can do; `place` is an option of places in a tree. */
export const METHODS: Readonly<Record<string, object>> = {
  int: watched({ ...INT, ...COMPARABLE }),
  text: watched({ ...TEXT, ...COMPARABLE }),
  bool: watched({ ...BOOLEAN, ...COMPARABLE }),
  bytes: watched({ ...BYTES, ...COMPARABLE }),
  key: watched({ ...KEY, ...COMPARABLE }),
  list: watched({ ...LIST, ...COMPARABLE }),
  option: watched({ ...OPTION, ...COMPARABLE }),
  record: watched({ ...RECORD, ...COMPARABLE }),
  variant: watched({ ...VARIANT, ...COMPARABLE }),
  map: watched({ ...MAP, ...COMPARABLE }),
  tree: watched({ ...TREE, ...COMPARABLE }),
  zipper: watched({ ...ZIPPER, ...COMMON }),
  place: watched({ ...PLACE, ...COMMON }),
}
