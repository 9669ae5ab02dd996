/** What a person does with a node, in groups. */
import type { Group } from '../../command.ts'
import { walletFindCommand, walletFoundCommand } from './finding.ts'
import { hostCommands } from './host.ts'
import { walletBumpCommand, walletHistoryCommand, walletReceiveCommand, walletRescanCommand, walletSendCommand } from './money.ts'
import { logCommand, settingsCommand, settingsResetCommand, settingsSetCommand, statusCommand } from './node.ts'
import {
  pausing,
  publishCommand,
  publishReplaceKeyCommand,
  publishRetireCommand,
  publishTakeBackCommand,
  publishUpdateCommand,
} from './publish.ts'
import { nodeHostCommand } from './start.ts'
import { requestCommands } from './requests.ts'
import { sandboxCommands } from './sandbox.ts'
import { useCommands } from './use.ts'
import {
  walletBalanceCommand,
  walletConfirmCommand,
  walletCreateCommand,
  walletDiscardCommand,
  walletLockCommand,
  walletPassphraseCommand,
  walletPhraseCommand,
  walletRestoreCommand,
  walletStatusCommand,
  walletUnlockCommand,
} from './wallet.ts'

export const nodeGroups: readonly Group[] = [
  {
    title: 'Run a node',
    commands: [nodeHostCommand, statusCommand, logCommand, settingsCommand, settingsSetCommand, settingsResetCommand],
  },
  { title: 'The sandbox of npm start', commands: sandboxCommands },
  {
    title: 'Its wallet',
    commands: [
      walletStatusCommand,
      walletCreateCommand,
      walletConfirmCommand,
      walletDiscardCommand,
      walletRestoreCommand,
      walletUnlockCommand,
      walletLockCommand,
      walletPassphraseCommand,
      walletPhraseCommand,
      walletBalanceCommand,
      walletReceiveCommand,
      walletSendCommand,
      walletBumpCommand,
      walletHistoryCommand,
      walletRescanCommand,
      walletFindCommand,
      walletFoundCommand,
    ],
  },
  {
    title: 'Use apps',
    commands: [
      ...useCommands,
      ...pausing('use', 'follow an app no more until it is resumed', 'go on with an app that was paused'),
      ...requestCommands,
    ],
  },
  {
    title: 'Host apps of others',
    commands: [...hostCommands, ...pausing('host', 'serve nothing until it is resumed', 'go on with a job that was paused')],
  },
  {
    title: 'Publish apps',
    commands: [
      publishCommand,
      publishUpdateCommand,
      ...pausing('publish', 'make no ticks until it is resumed', 'go on with an app that was paused'),
      publishReplaceKeyCommand,
      publishTakeBackCommand,
      publishRetireCommand,
    ],
  },
]
