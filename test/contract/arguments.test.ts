import { describe, expect, it } from 'vitest'
import { readArguments, unknownCommand } from '../../main/contract/arguments.ts'
import { commands, type CommandName } from '../../main/contract/index.ts'

const read = { app: 'a', collection: 'posts', index: 'key', equals: [], limit: 10, descending: false }
const refusal = (name: CommandName, args: unknown): { message: string; field: unknown } => {
  const result = readArguments('door.arguments', name, args)
  if (result.ok) throw new Error('it was taken')
  expect(result.error).toMatchObject({ code: 'door.arguments', retryable: false })
  return { message: result.error.message, field: result.error.details?.['field'] }
}

describe('arguments that do not fit a command', () => {
  it.each<[CommandName, unknown, string, string]>([
    ['log', {}, 'limit', 'limit is missing; it has to be a whole number from 1 to 1000. Add it, and send it again.'],
    ['log', { limit: 0 }, 'limit', 'limit has to be a whole number from 1 to 1000, not 0. Correct it, and send it again.'],
    ['log', { limit: 1.5 }, 'limit', 'limit has to be a whole number from 1 to 1000, not 1.5. Correct it, and send it again.'],
    ['log', { limit: 1e300 }, 'limit', 'limit has to be a whole number from 1 to 1000, not 1e+300. Correct it, and send it again.'],
    ['use.approve', { id: 'zz' }, 'id', 'id has to be 64 hex digits (0-9, a-f), not text of 2 characters. Correct it, and send it again.'],
    ['use.approve', { id: null }, 'id', 'id has to be 64 hex digits (0-9, a-f), not null. Correct it, and send it again.'],
    [
      'use.bump',
      { id: 'ab'.repeat(32), feeRate: '5' },
      'feeRate',
      'feeRate has to be a number from 1 to 1000 or null, not text of 1 character. Correct it, and send it again.',
    ],
    [
      'use.read',
      { ...read, descending: 'no' },
      'descending',
      'descending has to be true or false, not text of 2 characters. Correct it, and send it again.',
    ],
    [
      'use.read',
      { ...read, equals: 'all' },
      'equals',
      'equals has to be a list of at most 8 values, not text of 3 characters. Correct it, and send it again.',
    ],
    [
      'use.read',
      { ...read, equals: [1, 2, 3, 4, 5, 6, 7, 8, 9] },
      'equals',
      'equals has to be a list of at most 8 values, not a list of 9. Correct it, and send it again.',
    ],
    ['use.read', { ...read, equals: [5n] }, 'equals', 'equals holds something that is no JSON value. Correct it, and send it again.'],
    ['use.read', { ...read, from: new Date(0) }, 'from', 'from has to be a JSON value, not an object. Correct it, and send it again.'],
    [
      'use.read',
      { ...read, since: 1 },
      'since',
      'there is no field since; it takes app, collection, index, equals, from, to, limit, descending. Leave it out, and send it again.',
    ],
    ['overview', { a: 1 }, 'a', 'there is no field a; it takes none. Leave it out, and send it again.'],
    ['overview', [1], '', 'the arguments have to be one object of fields, not a list of 1. Correct it, and send it again.'],
    ['overview', null, '', 'the arguments have to be one object of fields, not null. Correct it, and send it again.'],
    [
      'use.request',
      { app: 'a', endpoint: 'post', arguments: [] },
      'arguments',
      'arguments has to be an object, not a list of 0. Correct it, and send it again.',
    ],
    [
      'use.reserve',
      { app: 'a', collection: 'x'.repeat(65), count: 1 },
      'collection',
      'collection has to be text of at most 64 characters, not text of 65 characters. Correct it, and send it again.',
    ],
  ])('%s (%#): the refusal names the field, what it has to be, what was there, and the next step', (name, args, field, sentence) => {
    expect(refusal(name, args)).toEqual({ message: `${name}: ${sentence}`, field })
  })

  it('are never shown where they may be secret', () => {
    expect(refusal('wallet.phrase', { passphrase: '' }).message).toContain('text of 1 to 1000 characters')
    expect(refusal('wallet.phrase', { passphrase: 'hunter2'.repeat(200) }).message).not.toContain('hunter2')
  })

  it('have their own words for every field of every command: no word of the validator', () => {
    for (const name of Object.keys(commands) as CommandName[]) {
      const shape = commands[name].args.shape as Record<string, unknown>
      for (const field of Object.keys(shape)) {
        const others = Object.fromEntries(Object.keys(shape).map((other) => [other, Symbol(other)]))
        const { message } = refusal(name, { ...others, [field]: Symbol('none') })
        expect(message).not.toMatch(/Invalid|expected|received|pattern|undefined|Infinity|NaN/)
      }
    }
  })

  it('are refused when they nest without end, and a program of the greatest depth is taken', () => {
    const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
    expect(refusal('publish.update', { program: nested(100_000) }).message).toContain('nested more than 1100 deep')
    const cyclic: Record<string, unknown> = {}
    Object.assign(cyclic, { one: cyclic, two: cyclic })
    expect(refusal('publish.update', { program: cyclic }).message).toContain('nested')
    expect(readArguments('door.arguments', 'publish.update', { program: nested(1_000) })).toMatchObject({ ok: true })
  })
})

it('a name that is no command is refused with those that are', () => {
  expect(unknownCommand('door.unknown', 'toString').error.message).toMatch(
    /^There is no command «toString»; there are overview, log, .*publish, .*use\.read, .*use\.audit\.$/,
  )
})
