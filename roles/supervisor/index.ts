/** The Supervisor: publishes an app's code, decides its updates, and signs what the database is (essay, «Supervisor»). */
export * from './events.ts'
export * from './hiring.ts'
export * from './keeper.ts'
export * from './plan.ts'
export * from './state.ts'
export { createStep, refuseOffer, refuseTerms, takesOver } from './step.ts'
export { PLAN_AHEAD, tickWork } from './due.ts'
export { composeTick, documentsFile, seededRandom, type ComposedTick, type ComposeInput, type PlanToPublish } from './tick.ts'
