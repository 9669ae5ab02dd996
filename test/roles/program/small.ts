import { app, type check, compile, endpoint, runEndpoint } from '../../../roles/program/index.ts'
import type { Budget, Context, EndpointRun, Fields, Program, Result, SealedFields, Value } from '../../../roles/program/index.ts'
import { ALICE, BUDGET } from './guestbook.story.ts'

/** An app of one endpoint without collections. */
export const small = <R extends Fields>(request: R, run: (request: SealedFields<R>, context: Context) => unknown): Result<Program> =>
  compile(app({ name: 'small', doc: '', collections: {}, endpoints: () => ({ go: endpoint({ doc: '', request, run }) }) }))

export const go = (program: Program, request: Record<string, Value>, budget: Budget = BUDGET): Result<EndpointRun> =>
  runEndpoint(program, 'go', { request, caller: ALICE, slots: [], query: () => [] }, budget)

/** A copy that tests may change; `check` makes it runnable again. */
export const copyOf = (program: Program): Program => JSON.parse(JSON.stringify(program)) as Program

export const codeOf = (result: ReturnType<typeof check> | Result<unknown>): string => (result.ok ? 'ok' : result.error.code)
