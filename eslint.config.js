import svelte from 'eslint-plugin-svelte'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { ownLookups } from './test/architecture/own-lookups.js'

/** The roles get time and chance as input; they never take them from the machine. */
const pure = {
  files: ['roles/**/*.ts'],
  rules: {
    'no-restricted-globals': [
      'error',
      { name: 'Date', message: 'Time arrives as an event.' },
      { name: 'performance', message: 'Time arrives as an event.' },
      { name: 'setTimeout', message: 'Ask for an effect.' },
      { name: 'setInterval', message: 'Ask for an effect.' },
      { name: 'process', message: 'Roles do not know the machine.' },
      { name: 'fetch', message: 'Ask for an effect.' },
      { name: 'crypto', message: 'Randomness arrives as input.' },
      { name: 'console', message: 'Return an effect or a Result.' },
    ],
    'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Randomness arrives as input.' }],
  },
}

const correctness = {
  eqeqeq: ['error', 'always'],
  'no-var': 'error',
  'prefer-const': ['error', { ignoreReadBeforeAssign: true }],
  'no-console': 'off',
  'no-eval': 'error',
  'no-new-func': 'error',
  'no-constant-condition': ['error', { checkLoops: false }],
  'no-unreachable': 'error',
  'no-self-compare': 'error',
  'no-unsafe-finally': 'error',
  'no-fallthrough': 'error',
  'no-empty': ['error', { allowEmptyCatch: false }],
  'no-duplicate-imports': 'off',
}

const size = {
  'max-lines': ['error', { max: 400 }],
  'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
  'max-depth': ['error', 5],
}

const typed = {
  '@typescript-eslint/no-floating-promises': [
    'error',
    { allowForKnownSafeCalls: [{ from: 'package', package: 'node:test', name: ['it', 'test', 'describe'] }] },
  ],
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
  '@typescript-eslint/await-thenable': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unnecessary-type-assertion': 'error',
}

const untyped = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
  '@typescript-eslint/no-unused-expressions': ['error', { allowShortCircuit: true, allowTernary: true }],
}

export default defineConfig(
  { ignores: ['node_modules/', 'dist/', '.cache/', 'test-results/', '**/*.d.mts'] },
  {
    files: ['**/*.ts'],
    ignores: ['renderer/**'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { ...correctness, ...size, ...untyped, ...typed },
  },
  {
    files: ['renderer/**/*.ts'],
    extends: [tseslint.configs.base],
    rules: { ...correctness, ...size, ...untyped },
  },
  {
    files: ['renderer/**/*.svelte', 'renderer/**/*.svelte.ts'],
    extends: [tseslint.configs.base, ...svelte.configs.recommended],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: { ...correctness, 'max-lines': ['error', { max: 200 }], 'prefer-const': 'off', 'svelte/prefer-const': 'off' },
  },
  { files: ['**/*.mjs', '**/*.js'], rules: { ...correctness, ...size } },
  { files: ['test/**/*.ts'], rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-non-null-assertion': 'off' } },
  {
    files: ['roles/**/*.ts', 'main/**/*.ts'],
    plugins: { golem: { rules: { 'own-lookups': ownLookups } } },
    rules: { 'golem/own-lookups': 'error' },
  },
  // Types over functions with whatever parameters cannot be written without `any`.
  { files: ['roles/program/sdk/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  pure,
)
