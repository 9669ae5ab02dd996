/** The face of the core for its hosts: what they start, what they are told, and the results that everything answers with. */
export { fail, failForNow, must, ok, type Failure, type Result } from '../../roles/protocol/result.ts'
export { lanesWithin } from './supervisor/lanes.ts'
export { createCore, type Core, type CoreOptions, type CorePorts } from './core.ts'
export { readPhrase, storePhrase } from './identity.ts'
export { participantConfig, type ParticipantConfig, type ParticipantSettings } from './settings.ts'
