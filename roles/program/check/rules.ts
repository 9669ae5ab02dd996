import type { Collection, Program } from '../document.ts'
import { breach, isOwn, isRead, rulesOf, ruleWords, type Rule } from '../rules.ts'
import { sortedNames } from '../value/measure.ts'
import { Problems } from './problems.ts'

/** Rules that no row could keep, or that reserved keys break by themselves. The collection's fields and initial value were checked. */
export function checkRules(name: string, collection: Collection, path: string): void {
  for (const rule of rulesOf(name, collection)) {
    const at = `${path}/indices/${rule.index}`
    const problem = contradiction(collection, rule) ?? collision(collection, rule)
    if (problem !== null) throw new Problems('program.rule', at, problem)
  }
}

/** Why no row at all can be in a group, or null. */
function contradiction({ indices, fields }: Collection, { index, field, bound, limit }: Rule): string | null {
  const declared = indices[index]!
  if (declared.kind !== 'sum' || field === null) return null
  const { atLeast, atMost } = declared
  if (atLeast !== undefined && atMost !== undefined && Number(atLeast) > Number(atMost))
    return `no sum is at least ${atLeast} and at most ${atMost}`
  const { min, max } = fields[field]! as { min: string; max: string }
  const isNever = bound === 'atMost' ? Number(min) > Math.max(0, limit) : Number(max) < Math.min(0, limit)
  return isNever
    ? `no row can be written: ${field} is ${bound === 'atMost' ? `at least ${min}` : `at most ${max}`}, and its sum has to be ${bound === 'atMost' ? 'at most' : 'at least'} ${limit}`
    : null
}

/**
 * Keys that are reserved and never written hold the initial value, all of them the same one. So they are in one group, or in one for each owner;
 * a rule that they break together lets nobody reserve.
 */
function collision({ initial }: Collection, rule: Rule): string | null {
  if (initial === null) return null
  const value = rule.field === null ? 1n : BigInt((initial as Record<string, string>)[rule.field]!)
  const why = `${ruleWords(rule)}, and every key that is reserved begins with the initial value`
  if (breach(rule, 1, value) > 0n) return `${why}, which breaks that by itself; declare another initial value, or none`
  const grows = rule.bound === 'atMost' ? value > 0n : value < 0n
  if (!grows || isOwn(rule)) return null
  return `${why}, so ${rule.limit === 1 && rule.field === null ? 'the second key' : 'one key too many'} that anybody reserves would be refused; put $owner into the index, or declare no initial value`
}

/**
 * A rule is over what the program reads. Where every write moves a value sealed and nothing asks for it, the program could tell nobody beforehand
 * that a write will be refused, nor why. The endpoints were checked.
 */
export function checkReadable(program: Program): void {
  for (const name of sortedNames(program.collections)) {
    for (const { index, on, field } of rulesOf(name, program.collections[name]!)) {
      const at = `/collections/${name}/indices/${index}`
      const unread = [...on.map((one, i) => [one, `on/${i}`]), ...(field === null ? [] : [[field, 'field']])].find(
        ([one]) => one !== '$owner' && !isRead(program, name, one!),
      )
      if (unread !== undefined)
        throw new Problems(
          'program.rule',
          `${at}/${unread[1]}`,
          `a rule is over values that the program reads, and nothing reads ${unread[0]}: every write moves it sealed. Open it in a see(), or ask an index of ${name} by it`,
        )
    }
  }
}
