/** Indices as `order`, `count` and `sum` make them: data, and the rules that one may be given. */
import { LIMITS } from '../limits.ts'
import type { IndexSpec, RowsIndex, RuleSpec, SumIndex } from './app.ts'
import { declare } from './errors.ts'
import { wholeOf } from './given.ts'
import { indexSpecKind } from './habits.ts'
import { withMembers } from './members.ts'

type On = readonly string[]

/** @param rules what it may still be given */
const made = <S extends IndexSpec<'order' | 'count' | 'sum', On>>(spec: S, rules: object): S =>
  withMembers(declare({ ...spec, ...rules }), indexSpecKind(spec.kind, Object.keys(rules), spec.rule))

export function rowsIndex<K extends 'order' | 'count', const Fields extends On>(kind: K, on: Fields): RowsIndex<K, Fields> {
  const most = (rows: number): IndexSpec<K, Fields, never> => made<IndexSpec<K, Fields, never>>({ kind, on, rule: { atMost: rows } }, {})
  const rules = {
    unique: () => most(1),
    atMost: (rows: number) => most(wholeOf(rows, `the rows of ${kind}(…).atMost()`, 1, LIMITS.grouped)),
  }
  return made<IndexSpec<K, Fields, never>>({ kind, on }, rules) as RowsIndex<K, Fields>
}

export function sumIndex<const Fields extends On, Field extends string>(
  spec: IndexSpec<'sum', Fields, Field>,
  rule: RuleSpec = {},
): SumIndex<Fields, Field> {
  const bound = (name: 'atLeast' | 'atMost', sum: number): SumIndex<Fields, Field> =>
    sumIndex(spec, { ...rule, [name]: wholeOf(sum, `the bound of sum(…).${name}()`, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) })
  const open = (['atLeast', 'atMost'] as const).filter((name) => rule[name] === undefined)
  const rules = Object.fromEntries(open.map((name) => [name, (sum: number) => bound(name, sum)]))
  return made(open.length === 2 ? spec : { ...spec, rule }, rules) as SumIndex<Fields, Field>
}
