/** The Golem language: types and values, builder, program document, checker, interpreter, data-flow label. */
export * from './document.ts'
export * from './value/value.ts'
export { own } from './value/measure.ts'
export { misfit } from './value/fit.ts'
export { withoutBounds } from './value/type-bounds.ts'
export { exactArguments, exactForm, naturalForm, readNatural } from './value/natural.ts'
export { exactWhole, wholeArguments } from './value/whole-keys.ts'
export { isEmpty, plural, typeWords } from './value/words.ts'
export { LIMITS, NAME } from './limits.ts'
export type { Failure, Result } from './result.ts'
export { canonicalJson, canonicalProgram } from './canonical.ts'
export { runBlock, runCompiled, runInterpreted, skipBlock } from './evaluate/block.ts'
export { columnOf, runEndpoint } from './evaluate/run.ts'
export { acceptsSites, automaton, pathsOf } from './explain/flow.ts'
export {
  askedJson,
  askedValue,
  askedWith,
  buildResponse,
  columnType,
  indexFields,
  mapBetween,
  responseType,
  rowFieldType,
  sourceName,
  typeOfSource,
} from './sources.ts'
export { check } from './check/check.ts'
export { programSchema } from './check/form.ts'
export { breach, canBreak, findRule, isOwn, mostReserved, refusalWords, rulesAtStake, rulesOf, ruleWords, withoutRules } from './rules.ts'
export type { Rule, RuleAtStake } from './rules.ts'
export { firstDifference } from './difference.ts'
export { blockLabelOf } from './explain/block-label.ts'
export { eachEffect } from './scopes.ts'
export { composeLabel, fitsBlock, labelOf } from './explain/label.ts'
export { describe } from './explain/describe.ts'
export { lanesOf, pausesOf, serversOf, splitNotes, splitsOf, stageOf } from './splits.ts'
export { pathOfLine } from './sdk/location.ts'
export * from './sdk/index.ts'
export type * from './api.ts'
export { costOf } from './explain/cost.ts'
export type { BlockCost, Cost } from './explain/cost.ts'
