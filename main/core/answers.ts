/** What a participant answers to each command of the contract: the service that a command is for, or why there is none. */
import type { CommandArgs, CommandName, CommandResult, LogLine, Overview } from '../contract/index.ts'
import type { CryptoPort } from '../../roles/protocol/crypto/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { ClientService } from './client/index.ts'
import { readPhrase } from './identity.ts'
import type { Roles } from './overview.ts'
import type { RandomPort, StoragePort } from './ports.ts'
import type { ServerService } from './server/index.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

export type Answers = { [N in CommandName]: (args: CommandArgs<N>) => Promise<Result<CommandResult<N>>> | Result<CommandResult<N>> }

interface Participant {
  ports: { storage: StoragePort; crypto: CryptoPort; random: RandomPort }
  wallet: WalletKeeper
  roles: Roles
  view(): Overview
  /** Of the log, oldest first. */
  lines(): LogLine[]
}

const noSupervisor = fail('core.no-supervisor', 'This participant publishes no app. Ask its Supervisor.')

/** Errors: `core.no-supervisor`, `core.no-server`, `core.no-client`; each command's own. */
export function answersOf({ ports, wallet, roles, view, lines }: Participant): Answers {
  const client = <T>(use: (service: ClientService) => Promise<Result<T>> | Result<T>): Promise<Result<T>> =>
    Promise.resolve(
      roles.client ? use(roles.client) : fail('core.no-client', 'This participant has no client role. Switch it on in the settings.'),
    )
  const server = <T>(use: (service: ServerService) => Promise<Result<T>> | Result<T>): Promise<Result<T>> =>
    Promise.resolve(
      roles.server ? use(roles.server) : fail('core.no-server', 'This participant has no server role. Switch it on in the settings.'),
    )
  return {
    overview: () => ok(view()),
    log: ({ limit }) => ok(lines().slice(-limit)),
    read: (args) => (roles.client === null && roles.supervisor ? roles.supervisor.read(args) : client((service) => service.read(args))),
    keyValue: ({ key }) => client((service) => service.valueOf(key)),
    request: (args) => client((service) => service.request(args)),
    approve: ({ id }) => client((service) => service.approve(id)),
    bump: ({ id, feeRate }) => client((service) => service.bump(id, feeRate)),
    again: ({ id }) => client((service) => service.again(id)),
    dispute: ({ id }) => client((service) => service.dispute(id)),
    reserve: (args) => client((service) => service.reserve(args)),
    refuse: ({ id }) => client((service) => service.refuse(id)),
    audit: () => client((service) => service.audit()),
    phrase: async ({ passphrase }) => {
      const phrase = await readPhrase(ports, passphrase)
      return phrase.ok ? ok({ phrase: phrase.value }) : phrase
    },
    receive: () => {
      const address = wallet.receiveAddress()
      return address.ok ? ok({ address: address.value }) : address
    },
    offers: () => server((service) => ok(service.offers())),
    acceptOffer: ({ offer }) => server((service) => service.decide('accept', offer)),
    declineOffer: ({ offer }) => server((service) => service.decide('decline', offer)),
    supersede: ({ program, title }) => roles.supervisor?.supersede(program, title) ?? noSupervisor,
    resume: (args) => roles.supervisor?.resume(args) ?? noSupervisor,
    replaceKey: ({ reason }) => roles.supervisor?.replaceKey(reason) ?? noSupervisor,
  }
}
