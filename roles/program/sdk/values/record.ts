import { objectGiven } from '../given.ts'
import { liftKind } from '../lift.ts'
import type { Comparable, Expr, In, Rec } from '../marks.ts'
import { sortedNames, own } from '../../value/measure.ts'
import { withMembers } from '../members.ts'
import type { Kind } from '../members.ts'
import { BuildError } from '../recorder.ts'
import { nameOfType } from '../shape.ts'
import { field, give, recordOf, self } from './apply.ts'
import type { Methods } from './apply.ts'

/** Named fields. */
export interface RecExpr<F> extends Comparable<Rec<F>> {
  /** The value of a field. */
  get<K extends keyof F & string>(field: K): Expr<F[K]>
  /** All fields as an object, to take apart: `const { price, amount } = item.fields()`. */
  fields(): { readonly [K in keyof F]: Expr<F[K]> }
  /** The same record with other values in these fields. */
  with(changes: { readonly [K in keyof F]?: In<F[K]> }): RecExpr<F>
}

/** `fields().pric` would be undefined, and what is made of it missing without a word. */
const fieldsKind = (names: readonly string[]): Kind => ({
  what: 'the record',
  advice: () => `its fields are ${names.join(', ')}.`,
  code: 'program.field',
  isPlain: true,
})

export const RECORD: Methods<RecExpr<unknown>> = {
  get(this: object, name: string) {
    return give(field(self(this), name))
  },
  fields(this: object) {
    const of = self(this)
    const fields = Object.create(null) as object
    for (const name of of.type.kind === 'record' ? sortedNames(of.type.fields) : [])
      Object.defineProperty(fields, name, { enumerable: true, get: () => give(field(self(this), name)) as unknown })
    return withMembers(fields, fieldsKind(Object.keys(fields)))
  },
  with(this: object, changes: Record<string, unknown>) {
    const of = self(this)
    const types = of.type.kind === 'record' ? of.type.fields : {}
    objectGiven(changes, 'with()')
    const unknown = Object.keys(changes).find((name) => !Object.hasOwn(types, name))
    if (unknown !== undefined) throw new BuildError('program.field', `there is no field ${unknown}; the fields are ${nameOfType(of.type)}.`)
    const part = (name: string) => (Object.hasOwn(changes, name) ? liftKind(own(changes, name), types[name]!, name) : field(of, name))
    return give(recordOf(Object.fromEntries(sortedNames(types).map((name) => [name, part(name)]))))
  },
}
