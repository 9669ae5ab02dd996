/** What a phrase alone brings back, from the chain and the swarm; and what it does not. */
export { scanForEngagements, watchFound, type Found } from './scan.ts'
export { restoreSupervisor, type RestoredSupervisor, type RestoreServices } from './supervisor.ts'
