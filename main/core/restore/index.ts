/** What a phrase alone brings back, from the chain and the swarm; and what it does not. */
export { scanForEngagements, watchFound, type Found } from './scan.ts'
export { restoreClient, type RestoredClient } from './client.ts'
export { createRestoring, type Restoring } from './restoring.ts'
export { restoreSupervisor, type RestoredSupervisor, type RestoreServices } from './supervisor.ts'
