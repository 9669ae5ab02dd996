import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { check, programSchema } from '../../../roles/program/index.ts'
import { broad } from './broad.ts'
import { samples } from './documents.ts'
import { must } from './guestbook.story.ts'
import { mutate, mutations, places } from './mutate.ts'

const text = readFileSync(new URL('../../../resources/program.schema.json', import.meta.url), 'utf8')
const admits = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(JSON.parse(text) as object)
const documents = [...samples, ['broad', broad] as const]

describe('[L1] [L11] the JSON Schema of program documents', () => {
  it('is what the checker’s forms say; otherwise run node resources/schema.ts', () => {
    expect(text).toBe(`${JSON.stringify(programSchema(), null, 2)}\n`)
  })

  it.each(documents)('admits %s, as the checker does', (_, document) => {
    must(check(document))
    expect(admits(document)).toBe(true)
  })

  it.each(documents)('admits every change of %s that the checker admits', (_, document) => {
    fc.assert(
      fc.property(mutations, (changes) => {
        const copy = structuredClone(document)
        mutate(copy, changes)
        if (check(copy).ok) expect(admits(copy)).toBe(true)
      }),
      { seed: 23, numRuns: 1500 },
    )
  })

  it('refuses what has another form: a property missing, renamed or too many at any place of a document', () => {
    let refused = 0
    places(structuredClone(broad)).forEach((_, i) => {
      for (const change of ['missing', 'extra'] as const) {
        const copy = structuredClone(broad)
        const [parent, name] = places(copy)[i]!
        if (change === 'missing') delete parent[name]
        else parent[`${name}~`] = parent[name]
        const schema = admits(copy)
        const checker = check(copy)
        if (!schema) refused++
        expect(checker.ok && !schema).toBe(false)
      }
    })
    expect(refused).toBeGreaterThan(500)
  })

  it('takes time in the depth of a document, not in the number of its shapes', () => {
    let type = { kind: 'bool' } as object
    for (let i = 0; i < 24; i++) type = { kind: i % 2 === 0 ? 'list' : 'tree', of: type, max: 1 }
    const copy = structuredClone(broad)
    Object.assign(copy.endpoints['go']!.request, { deep: type })
    expect(admits(copy)).toBe(true)
  })
})
