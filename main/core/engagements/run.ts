/** One engagement in service: the services that it shares with the node, narrowed to its own rows, and the role that they put to work. */
import { fail, ok, type Result } from '../../../roles/protocol/result.ts'
import { startClient, type ClientService } from '../client/index.ts'
import type { Scope } from '../engine.ts'
import { scopedStorage } from '../scoped-storage.ts'
import { startServer, type ServerService } from '../server/index.ts'
import { createPersistence, type Services } from '../services.ts'
import type { NodeSettings } from '../settings.ts'
import { startSupervisor, type SupervisorService } from '../supervisor/index.ts'
import type { EngagementRow } from './rows.ts'

export type RoleService =
  | { role: 'supervisor'; service: SupervisorService }
  | { role: 'server'; service: ServerService }
  | { role: 'client'; service: ClientService }

export type Running = RoleService & {
  id: string
  /** Digest of the app's first offer; null before that is signed. */
  app(): string | null
  /** What it waits for by now, and why, in words. */
  waits(): string[]
  /** Ends what it does by itself; its roles are taken out of the engine by whoever calls. */
  close(): Promise<void>
}

/** Its own rows and timers: what waits for something ends with it. */
function servicesOf(node: Services, id: string, over: () => boolean): Services {
  const { log, clock } = node
  return {
    ...node,
    storage: scopedStorage(node.storage, id),
    clock: {
      now: () => clock.now(),
      after: (ms, run) =>
        clock.after(ms, () => {
          if (!over()) run()
        }),
    },
    ...createPersistence({ clock, log, stopped: () => over() || node.stopped(), changed: node.changed }),
  }
}

/** Errors: those of the role's start. */
export async function run(node: Services, scope: Scope, id: string, row: EngagementRow, settings: NodeSettings): Promise<Result<Running>> {
  let over = false
  const services = servicesOf(node, id, () => over)
  const running = (started: RoleService, app: () => string | null, stop: () => unknown): Result<Running> =>
    ok({
      ...started,
      id,
      app,
      waits: services.waits,
      async close() {
        over = true
        await stop()
      },
    })
  switch (row.role) {
    case 'supervisor': {
      const started = startSupervisor(services, scope, row.index)
      if (!started.ok) return started
      const service = started.value
      return running({ role: 'supervisor', service }, service.app, () => service.stop())
    }
    case 'server': {
      const started = await startServer(services, scope, settings.host, row)
      if (!started.ok) return started
      const service = started.value
      return running(
        { role: 'server', service },
        () => row.app,
        () => service.stop(),
      )
    }
    case 'client': {
      const service = startClient(services, scope, { ...settings.use, register: row.register }, row, id)
      return running(
        { role: 'client', service },
        () => row.app,
        () => service.stop(),
      )
    }
    default:
      return fail('engagement.role', `This engagement has a role that this Golem does not know. Update it.`)
  }
}
