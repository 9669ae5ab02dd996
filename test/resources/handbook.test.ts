import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { repository } from '../architecture/rules.ts'
import type { Problem } from './handbook/pages.ts'
import { problemsIn } from './handbook/verify.ts'

const folder = join(repository, 'resources', 'handbook')
const names = readdirSync(folder).filter((name) => name.endsWith('.md'))
const pages = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

describe('[L1] every example of the handbook does what the page says', () => {
  let problems: Problem[]
  beforeAll(async () => void (problems = await problemsIn(pages)))

  it.each(names)('%s', (name) => {
    const found = problems.filter(({ page }) => page === name)
    expect(found.map(({ line, problem }) => `${name}:${line}: ${problem}`).join('\n')).toBe('')
  })
})
