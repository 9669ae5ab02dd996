/** What a node answers whether or not its wallet is open: what it shows, its settings, and all that has to do with opening the wallet. */
import type { CommandName, WalletView } from '../contract/index.ts'
import { ok, type Result } from '../../roles/protocol/result.ts'
import type { Answers, OpenCommand } from './answers.ts'
import type { NodeEvents } from './node-events.ts'
import type { SettingsTable } from './settings-table.ts'
import type { Vault } from './vault.ts'

export type OwnCommand = Exclude<CommandName, OpenCommand>

interface Own {
  vault: Vault
  settings: SettingsTable
  events: NodeEvents
  network: string
  /** Brings the node's work in line with the wallet. */
  followed(): Promise<Result<null>>
  /** What an open wallet is doing. */
  doing(): Pick<WalletView, 'hindrance' | 'rescan'>
}

export function ownAnswers({ vault, settings, events, network, followed, doing }: Own): Pick<Answers, OwnCommand> {
  const walletView = (): WalletView => ({
    ...vault.status(),
    network,
    ...doing(),
  })
  /** Does something to the wallet, and what follows from it. */
  const withVault = async <T>(done: Promise<Result<unknown>> | Result<unknown>, value: () => T): Promise<Result<T>> => {
    const result = await done
    if (!result.ok) return result
    const follows = await followed()
    return follows.ok ? ok(value()) : follows
  }
  return {
    overview: () => ok(events.overview()),
    log: ({ limit }) => ok(events.lines().slice(-limit)),
    settings: () => ok(settings.list()),
    'settings.set': ({ name, value }) => {
      const set = settings.set(name, value)
      events.changed(true)
      return set
    },
    'wallet.status': () => ok(walletView()),
    'wallet.create': (args) => vault.create(args),
    'wallet.confirm': ({ words }) => withVault(vault.confirm(words), walletView),
    'wallet.discard': () => withVault(vault.discard(), walletView),
    'wallet.restore': ({ find = true, ...args }) => withVault(vault.restore({ ...args, find }), walletView),
    'wallet.unlock': (args) => withVault(vault.unlock(args.passphrase), walletView),
    'wallet.lock': () => {
      vault.lock()
      return withVault(ok(null), walletView)
    },
    'wallet.passphrase': (args) => vault.changePassphrase(args),
    'wallet.phrase': (args) => vault.phrase(args.passphrase),
  }
}
