/** Whom a command talks to in tests; without the test runner, so that threads of tests may use it too. */
import type { Io } from '../../../main/hosts/cli/command.ts'

/** Where nobody sits at a terminal, and the environment is empty. */
export const nobody = {
  env: {},
  ask: () => Promise.resolve(null),
  columns: null,
  ended: new AbortController().signal,
} satisfies Partial<Io>
