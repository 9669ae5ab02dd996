/** Whoever meets a code finds it: in the specification, or in the handbook's chapter on mistakes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SIGNATURES } from '../../roles/program/check/signatures.ts'
import { sourcesBelow } from '../tools/imports.ts'
import { repository } from './rules.ts'

const read = (path: string): string => readFileSync(join(repository, path), 'utf8')

const sources = ['roles', 'main', 'renderer'].flatMap((below) => sourcesBelow(repository, below)).map(read)
const protocol = read('PROTOCOL.md')
const specified = protocol.slice(protocol.indexOf('\n## 18 '), protocol.indexOf('\n## 19 '))
const mistakes = read('resources/handbook/4-mistakes.md')

/** Texts of this form that are something else: events and effects between roles and core. */
const OTHERS = ['document.missing', 'offer.superseding', 'work.done']
/** So are the names of commands. */
const COMMANDS = sourcesBelow(repository, 'main/contract').flatMap((path) =>
  [...read(path).matchAll(/^ {2}'([a-z]+\.[A-Za-z]+)': \{$/gm)].map(([, name]) => name!),
)
/** And of settings. */
const SETTINGS = [...read('main/core/settings-table.ts').matchAll(/^ {2}'([a-z]+\.[A-Za-z]+)': setting\(/gm)].map(([, name]) => name!)
const FILE = /\.(ts|js|mjs|json|html|css|md|svelte|exe)$/

const refusals = new Set(
  sources.flatMap((text) =>
    [...text.matchAll(/\b(?:fail|failForNow|refused?|BuildError)\(\s*'([a-z]+)\.[a-z-]+'/g)].map(([, prefix]) => prefix!),
  ),
)
const written = sources
  .flatMap((text) => [...text.replace(/^\s*(\*|\/\/|\/\*).*$/gm, '').matchAll(/'([a-z]+)\.[a-z]+(?:-[a-z]+)*'/g)])
  .flatMap(([quoted, prefix]) => (refusals.has(prefix!) ? [quoted.slice(1, -1)] : []))
const codes = [...new Set(written)]
  .filter((one) => !FILE.test(one) && !Object.hasOwn(SIGNATURES, one) && ![...OTHERS, ...COMMANDS, ...SETTINGS].includes(one))
  .sort()

describe('every code that can be seen', () => {
  it('is listed in PROTOCOL.md 18 or in the handbook', () => {
    expect(codes.length).toBeGreaterThan(300)
    expect(
      codes.filter((one) => !specified.includes(`\`${one}\``) && !mistakes.includes(`\`${one}\``) && !mistakes.includes(`\n### ${one}\n`)),
    ).toEqual([])
  })

  it('of the command and of calls on this computer is in the handbook', () => {
    const local = codes.filter((one) => /^(cli|call|data)\./.test(one))
    expect(local.length).toBeGreaterThan(8)
    expect(local.filter((one) => !mistakes.includes(`\`${one}\``))).toEqual([])
  })

  it('what is excepted is no code of a refusal', () => {
    const refusing = sources.filter((text) =>
      OTHERS.some((one) => new RegExp(`\\b(fail|failForNow|refuse)\\(\\s*'${one.replace('.', '\\.')}'`).test(text)),
    )
    expect(refusing).toEqual([])
  })
})
