import { expect, it, vi } from 'vitest'
import { answered, golem, temporaryFolder, writeProgram } from './golem.ts'

vi.mock('typescript', () => {
  throw new Error("Cannot find package 'typescript'")
})

const folder = temporaryFolder()

it('without the package typescript a build says in one line what it does not check, and how to have it checked', async () => {
  const name = writeProgram(folder, 'loose.ts', '  const n: string = 5\n  void n\n  return request.n')
  const { code, err } = await golem(folder, 'compile', name)
  expect(code).toBe(0)
  const lines = err.split('\n').filter((line) => line.includes('typescript'))
  expect(lines).toEqual([
    expect.stringMatching(/^The package typescript is not installed, so the types .* are not checked.*npm install typescript/),
  ])
})

it('a build that leaves the types out says nothing of it; one that wants them checked is refused', async () => {
  const name = writeProgram(folder, 'small.ts', '  return request.n')
  expect((await golem(folder, 'explain', name, '--no-types')).err).toBe('')
  expect(answered(await golem(folder, 'compile', name, '--check-types', '--json')).error.code).toBe('cli.typescript')
})
