import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'

const FILES = ['./types.check.ts', './operations.check.ts'].map((name) => fileURLToPath(new URL(name, import.meta.url)))
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

it('[L2] TypeScript finds operations on sealed values, wrong fields, missing match arms, unlike types and writes to foreign keys', () => {
  const program = ts.createProgram(FILES, OPTIONS)
  const found = FILES.flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file))).map((problem) => {
    const { line } = problem.file?.getLineAndCharacterOfPosition(problem.start ?? 0) ?? { line: -1 }
    return `${problem.file?.fileName}:${line + 1}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`
  })
  expect(found).toEqual([])
})
