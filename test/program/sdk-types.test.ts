import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const file = fileURLToPath(new URL('./types.check.ts', import.meta.url))
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  noUncheckedIndexedAccess: true,
  erasableSyntaxOnly: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  types: [],
}

it('TypeScript finds operations on sealed values, wrong fields and missing match arms', { timeout: 60_000 }, () => {
  const program = ts.createProgram([file], OPTIONS)
  const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(file)).map((problem) => {
    const line = problem.file === undefined ? 0 : problem.file.getLineAndCharacterOfPosition(problem.start ?? 0).line + 1
    return `${line}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`
  })
  expect(found).toEqual([])
})
