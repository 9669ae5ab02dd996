/** Settings as a person changes them: each by itself, and what is wrong is named and left alone. */
import { describe, expect, it } from 'vitest'
import { createSettings, SETTINGS, toldSettings, type SettingName } from '../../main/core/settings-table.ts'
import { DEFAULT_SETTINGS, settingsWith } from '../../main/core/settings.ts'
import type { Json } from '../../main/core/ports.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import { createMemoryLog } from '../simulation/ports/log.ts'

function inFolder(file: Result<unknown>) {
  const written: Array<Record<string, Json>> = []
  const settings = createSettings({ read: () => file, write: (values) => (written.push(values), ok(null)) }, createMemoryLog())
  return { settings, written }
}

describe('the settings of a node', () => {
  it('have defaults that fit their own schemas, and say what they are for', () => {
    for (const [name, { schema, fallback, doc, wanted }] of Object.entries(SETTINGS)) {
      expect([name, schema.safeParse(fallback).success]).toEqual([name, true])
      expect(doc.length).toBeGreaterThan(10)
      expect(wanted.length).toBeGreaterThan(3)
    }
    const { settings } = inFolder(ok(undefined))
    expect(settings.node()).toEqual(DEFAULT_SETTINGS)
    expect(settings.problems()).toEqual([])
  })

  it('are changed one at a time, on the disk before they count; null goes back to the default', () => {
    const { settings, written } = inFolder(ok({ 'host.region': 'eu' }))
    expect(settings.set('host.minimumPayPerRequest', 7)).toMatchObject({ ok: true, value: { value: 7, default: 1, applies: 'at once' } })
    expect(settings.node().host).toMatchObject({ minimumPayPerRequest: 7, region: 'eu' })
    settings.set('host.region', null)
    expect([settings.get('host.region'), written]).toEqual([
      '',
      [{ 'host.region': 'eu', 'host.minimumPayPerRequest': 7 }, { 'host.minimumPayPerRequest': 7 }],
    ])
  })

  it.each<[string, unknown, string, string]>([
    ['host.port', 70_000, 'settings.value', 'host.port has to be a whole number from 0 to 65,535'],
    ['host.port', '80', 'settings.value', 'host.port has to be'],
    ['swarm.dht', 1, 'settings.value', 'true or false'],
    ['name', '', 'settings.value', '1 to 40 characters'],
    ['toString', 1, 'settings.name', 'There is no setting «toString»; there are name, '],
    ['__proto__', 1, 'settings.name', 'There is no setting'],
  ])('are refused where they cannot be used: %s', (name, value, code, words) => {
    const { settings, written } = inFolder(ok({}))
    const set = settings.set(name, value)
    expect(set.ok ? '' : [set.error.code, set.error.message.includes(words)]).toEqual([code, true])
    expect(written).toEqual([])
  })

  it('of a damaged file: what is wrong is named and stays in the file, what is right counts', () => {
    const file = { 'host.port': 'eighty', 'host.region': 'eu', colour: 'red' }
    const { settings, written } = inFolder(ok(file))
    expect(settings.problems()).toEqual([
      expect.stringContaining('host.port has to be'),
      expect.stringContaining('There is no setting colour'),
    ])
    expect(settings.node().host).toMatchObject({ port: 0, region: 'eu' })
    expect(settings.list().find(({ name }) => name === 'host.port')).toMatchObject({ value: 0, problem: expect.any(String) as string })
    settings.set('host.jobs', 3)
    expect(written).toEqual([{ ...file, 'host.jobs': 3 }])
  })

  it.each<[string, Result<unknown>]>([
    ['that cannot be read', fail('x', 'settings.json is no JSON.')],
    ['that is no object', ok([1, 2])],
    ['that is null', ok(null)],
  ])('of a file %s: the defaults count, and nothing is written over it', (_, file) => {
    const { settings, written } = inFolder(file)
    expect(settings.node()).toEqual(DEFAULT_SETTINGS)
    expect(settings.problems()).toHaveLength(1)
    expect(settings.set('host.jobs', 3)).toMatchObject({ ok: false, error: { code: 'settings.unreadable' } })
    expect(written).toEqual([])
  })

  it('show no password', () => {
    const { settings } = inFolder(ok({ 'chain.password': 'secret' }))
    expect(JSON.stringify(settings.list())).not.toContain('secret')
    expect(settings.get('chain.password')).toBe('secret')
  })

  it('are told by a program whole', () => {
    const told = settingsWith('one', { host: { port: 7, auto: true }, use: { freshKeysOf: { likes: 0 } } })
    expect(toldSettings(told, createMemoryLog()).node()).toEqual(told)
    const names = Object.keys(SETTINGS) as SettingName[]
    expect(
      names
        .filter((name) => /^(host|use)\./.test(name))
        .map((name) => name.split('.')[1])
        .sort(),
    ).toEqual([...Object.keys(told.host), ...Object.keys(told.use)].sort())
  })
})
