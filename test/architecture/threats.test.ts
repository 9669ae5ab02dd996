/** The threat model names every attack that is tested, and no test that is not there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from './rules.ts'

const protocol = readFileSync(join(repository, 'PROTOCOL.md'), 'utf8')
const model = protocol.slice(protocol.indexOf('## 20 Threat model'), protocol.indexOf('### 20.1'))
const attacks = readdirSync(join(repository, 'test', 'attacks')).flatMap((name) => (name.endsWith('.test.ts') ? [name.slice(0, -8)] : []))
/** The third cell of each row. */
const named = model.split('\n').flatMap((line) => [...(line.split(' | ')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name!))

describe('the threat model', () => {
  it('has a row for every attack that is tested', () => {
    expect(attacks.length).toBeGreaterThan(25)
    expect(attacks.filter((name) => !named.includes(name))).toEqual([])
  })

  it('names no test that is not there', () => {
    const missing = named.filter((name) => !attacks.includes(name) && !existsSync(join(repository, name)))
    expect(missing).toEqual([])
  })
})
