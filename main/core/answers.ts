/** What a node with an open wallet answers to the commands of the contract: the service that a command is for, or why there is none. */
import type { CommandArgs, CommandName, CommandResult } from '../contract/index.ts'
import { fail, ok, type Result } from '../../roles/protocol/result.ts'
import type { ClientService } from './client/index.ts'
import type { Engagements } from './engagements/index.ts'
import type { Joining } from './joining/index.ts'
import type { Market } from './market.ts'
import type { SupervisorService } from './supervisor/index.ts'
import type { Restoring } from './restore/index.ts'
import type { WalletKeeper } from './wallet/keeper.ts'

export type Answers = { [N in CommandName]: (args: CommandArgs<N>) => Promise<Result<CommandResult<N>>> | Result<CommandResult<N>> }

/** What is answered while the wallet is open, and not before. */
export type OpenCommand = Exclude<
  CommandName,
  | 'overview'
  | 'log'
  | 'settings'
  | 'settings.set'
  | 'wallet.status'
  | 'wallet.create'
  | 'wallet.confirm'
  | 'wallet.discard'
  | 'wallet.restore'
  | 'wallet.unlock'
  | 'wallet.lock'
  | 'wallet.passphrase'
  | 'wallet.phrase'
>
export type OpenAnswers = Pick<Answers, OpenCommand>

export interface AtWork {
  wallet: WalletKeeper
  market: Market
  engagements: Engagements
  joining: Joining
  restoring: Restoring
}

type Answer<T> = Promise<Result<T>> | Result<T>

const unknownRequest = fail('client.request', 'This request is not known here. golem requests lists those that are.')

/** Errors: `engagement.none`, `engagement.several`, `engagement.still`, `client.request`; each command's own. */
export function answersOf({ engagements, joining, wallet, market, restoring }: AtWork): OpenAnswers {
  const supervising = <T>(app: string | undefined, use: (service: SupervisorService) => Answer<T>): Answer<T> => {
    const one = engagements.running('supervisor', app)
    return one.ok ? use(one.value.service) : one
  }
  const using = <T>(app: string | undefined, use: (service: ClientService) => Answer<T>): Answer<T> => {
    const one = engagements.running('client', app)
    return one.ok ? use(one.value.service) : one
  }
  const withRequest = <T>(id: string, use: (service: ClientService) => Answer<T>): Answer<T> => {
    const one = engagements.list().find(({ running }) => running?.role === 'client' && running.service.has(id))?.running
    return one?.role === 'client' ? use(one.service) : unknownRequest
  }
  const withId =
    (role: 'supervisor' | 'server' | 'client', act: (id: string) => Promise<Result<null>>) =>
    ({ app }: { app?: string | undefined }): Answer<null> => {
      const one = engagements.find(role, app)
      return one.ok ? act(one.value.id) : one
    }
  const pausing = (role: 'supervisor' | 'server' | 'client') => withId(role, engagements.pause)
  const resuming = (role: 'supervisor' | 'server' | 'client') => withId(role, engagements.resume)
  return {
    'wallet.balance': () => ok(wallet.holdings()),
    'wallet.receive': () => {
      const address = wallet.receiveAddress()
      return address.ok ? ok({ address: address.value }) : address
    },
    'wallet.send': (args) => wallet.send(args),
    'wallet.bump': ({ txid, feeRate }) => wallet.bump(txid, feeRate),
    'wallet.history': (page) => ok(wallet.history(page, (app) => market.titleOf(app))),
    'wallet.rescan': ({ from }) => wallet.reading.start(from),
    'wallet.rescanStop': () => ok(wallet.reading.stop()),
    'wallet.find': ({ programs }) => restoring.start(programs),
    'wallet.found': () => ok(restoring.view()),

    publish: (args) => joining.publish(args),
    'publish.update': ({ app, ...change }) => supervising(app, (service) => service.update(change)),
    'publish.replaceKey': ({ app, reason }) => supervising(app, (service) => service.replaceKey(reason)),
    'publish.takeBack': ({ app, ...asked }) => supervising(app, (service) => service.takeBack(asked)),
    'publish.pause': pausing('supervisor'),
    'publish.resume': resuming('supervisor'),
    'publish.retire': ({ app, reason }) => joining.retire(app, reason),

    'host.offers': () => ok(market.list(joining.jobs())),
    'host.join': ({ offer }) => joining.join(offer),
    'host.decline': ({ offer }) => joining.decline(offer),
    'host.leave': ({ app, now }) => joining.leave(app, now === true),
    'host.pause': pausing('server'),
    'host.resume': resuming('server'),

    'use.find': ({ app }) => joining.find(app),
    use: ({ app, register }) => joining.use(app, register !== false),
    'use.leave': withId('client', engagements.leave),
    'use.pause': pausing('client'),
    'use.resume': resuming('client'),
    'use.read': ({ app, ...args }) => {
      const used = engagements.find('client', app)
      return used.ok ? using(app, (service) => service.read(args)) : supervising(app, (service) => service.read(args))
    },
    'use.keyValue': ({ app, key }) => using(app, (service) => service.valueOf(key)),
    'use.request': ({ app, ...args }) => using(app, (service) => service.request(args)),
    'use.reserve': ({ app, ...args }) => using(app, (service) => service.reserve(args)),
    'use.approve': ({ id }) => withRequest(id, (service) => service.approve(id)),
    'use.refuse': ({ id }) => withRequest(id, (service) => service.refuse(id)),
    'use.bump': ({ id, feeRate }) => withRequest(id, (service) => service.bump(id, feeRate)),
    'use.again': ({ id }) => withRequest(id, (service) => service.again(id)),
    'use.dispute': ({ id }) => withRequest(id, (service) => service.dispute(id)),
    'use.audit': ({ app }) => using(app, (service) => service.audit()),
  }
}
