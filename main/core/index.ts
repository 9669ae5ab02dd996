/** The face of the core for its hosts: what they start, what they are told, and the results that everything answers with. */
export { fail, failForNow, must, ok, type Failure, type Result } from '../../roles/protocol/result.ts'
export { lanesWithin } from './supervisor/lanes.ts'
export { createNode, type GolemNode, type NodeOptions } from './node.ts'
export type { NodePorts } from './ports.ts'
export { readPhrase, storePhrase } from './identity.ts'
export { createSettings, toldSettings, SETTINGS, type SettingName, type SettingsPort, type SettingsTable } from './settings-table.ts'
export { participantConfig, type ParticipantConfig, settingsWith, type NodeSettings } from './settings.ts'
