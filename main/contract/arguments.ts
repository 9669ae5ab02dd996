/** The arguments of a command from outside, held against the contract; what does not fit is refused in one sentence of our own, not the validator's. */
import { z } from 'zod'
import type { Failure, Result } from '../../roles/protocol/result.ts'
import type { Command } from './command.ts'
import { commands, type CommandName } from './index.ts'
import { sandbox, type SandboxCommandName } from './sandbox.ts'

/** All that can be asked behind one door; a name is of one table alone. */
const table = { ...commands, ...sandbox } as const satisfies Record<string, Command>
type Name = CommandName | SandboxCommandName

/** What of a field's JSON Schema is told. */
export interface Form {
  type?: string
  const?: unknown
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  anyOf?: Form[]
  properties?: Record<string, Form>
  items?: Form
}

const forms = new Map<Name, Form>()

function formOf(name: Name): Form {
  const known = forms.get(name)
  if (known !== undefined) return known
  const made = z.toJSONSchema(table[name].args) as Form
  forms.set(name, made)
  return made
}

const HASH = '^[0-9a-f]{64}$'

/** «1 to 500», with the ends that are there. */
const bounded = (least: number | undefined, most: number | undefined): string =>
  least === undefined ? (most === undefined ? '' : `at most ${most}`) : most === undefined ? `at least ${least}` : `${least} to ${most}`

/** What a value has to be. */
export function wanted({ type, pattern, anyOf, ...form }: Form): string {
  if (form.const !== undefined) return String(form.const)
  if (anyOf !== undefined) return anyOf.map(wanted).join(' or ')
  const range = bounded(form.minimum, form.maximum)
  switch (type) {
    case 'string':
      return pattern === HASH ? '64 hex digits (0-9, a-f)' : `text of ${bounded(form.minLength, form.maxLength)} characters`
    case 'integer':
      return `a whole number from ${range}`
    case 'number':
      return `a number from ${range}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return `a list of ${bounded(undefined, form.maxItems)} values`
    case 'object':
      return 'an object'
    case 'null':
      return 'null'
    default:
      return 'a JSON value'
  }
}

/** What was there. The text of a text is not repeated: it may be a passphrase. */
export function given(value: unknown): string {
  if (typeof value === 'string') return `text of ${value.length} ${value.length === 1 ? 'character' : 'characters'}`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** The field at fault and what is to be done about it. */
function problemOf(name: Name, args: unknown, issue: z.core.$ZodIssue): { field: string; problem: string } {
  const fields = formOf(name).properties ?? {}
  if (issue.path.length === 0 && issue.code === 'unrecognized_keys') {
    const field = issue.keys[0]!.slice(0, 64)
    const names = Object.keys(fields)
    return { field, problem: `there is no field ${field}; it takes ${names.length === 0 ? 'none' : names.join(', ')}. Leave it out` }
  }
  if (issue.path.length === 0)
    return { field: '', problem: `the arguments have to be one object of fields, not ${given(args)}. Correct it` }
  const field = String(issue.path[0])
  const value = new Map(Object.entries(args as object)).get(field) as unknown
  const form = Object.hasOwn(fields, field) ? fields[field]! : {}
  if (value === undefined) return { field, problem: `${field} is missing; it has to be ${wanted(form)}. Add it` }
  // Of a list or an object that is one, an item is at fault.
  if (issue.path.length > 1) return { field, problem: `${field} holds something that is no JSON value. Correct it` }
  return { field, problem: `${field} has to be ${wanted(form)}, not ${given(value)}. Correct it` }
}

/** A program may be 1,000 deep (`LIMITS.jsonDepth`); what is much deeper would exhaust the stack of whoever walks it. */
const MOST_DEPTH = 1_100

function isDeep(value: unknown): boolean {
  const open: Array<[unknown, number]> = [[value, 0]]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [at, depth] = next
    if (depth > MOST_DEPTH) return true
    if (typeof at === 'object' && at !== null) for (const part of Object.values(at)) open.push([part, depth + 1])
  }
  return false
}

/**
 * The arguments as the contract has them.
 * @param code of the door that refuses them, as `page.arguments`; `details.field` names the field
 */
export function readArguments(code: string, name: Name, args: unknown): Result<unknown> {
  if (isDeep(args)) return refusal(code, name, '', `the arguments are nested more than ${MOST_DEPTH} deep. Make them flatter`)
  const parsed = table[name].args.safeParse(args)
  if (parsed.success) return { ok: true, value: parsed.data }
  const { field, problem } = problemOf(name, args, parsed.error.issues[0]!)
  return refusal(code, name, field, problem)
}

/** Errors of a door for a name that is no command; it lists those there are. */
export const unknownCommand = (code: string, name: string): { ok: false; error: Failure } => ({
  ok: false,
  error: {
    code,
    message: `There is no command «${name.slice(0, 64)}»; there are ${Object.keys(commands).join(', ')}.`,
    retryable: false,
  },
})

const refusal = (code: string, name: Name, field: string, problem: string): { ok: false; error: Failure } => ({
  ok: false,
  error: { code, message: `${name}: ${problem}, and send it again.`, retryable: false, details: { field } },
})
