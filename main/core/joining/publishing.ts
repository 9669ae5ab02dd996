/** Beginning and ending an app that this node supervises. */
import { check } from '../../../roles/program/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import type { CommandArgs } from '../../contract/index.ts'
import type { Engagements, RunningOf } from '../engagements/index.ts'
import { rowOf } from '../engagements/rows.ts'
import { scopedWrite } from '../scoped-storage.ts'
import type { Services } from '../services.ts'
import { supervisorRows } from '../supervisor/index.ts'
import { enoughServers } from '../supervisor/offers.ts'
import { newTerms } from '../supervisor/terms.ts'

/** Supervised apps that one wallet has at most. */
const MOST_APPS = 1_000

export interface Publishing {
  /** Errors: those of the checker, `publish.terms`, `offer.servers`, those of the role's start. */
  publish(args: CommandArgs<'publish'>): Promise<Result<{ id: string }>>
  retire(app: string | undefined, reason: string): Promise<Result<null>>
  /** Goes on with ending apps whose end had begun when the node ended. Not waited for. */
  endWhatIsRetiring(): void
}

export function createPublishing({ identity, storage, log }: Services, engagements: Engagements): Publishing {
  const ending = new Map<string, Promise<Result<null>>>()
  const retireOne = ({ id, service }: RunningOf<'supervisor'>, reason: string): Promise<Result<null>> => {
    const going = ending.get(id) ?? service.retire(reason).then((retired) => (retired.ok ? engagements.end(id) : retired))
    ending.set(id, going)
    return going.finally(() => ending.delete(id))
  }

  function freeIndex(): number {
    for (let index = 0; index < MOST_APPS; index++) {
      const { publicKey } = identity.key({ purpose: 'master', app: index })
      if (rowOf(storage, publicKey) === undefined) return index
    }
    throw new Error(`this wallet supervises ${MOST_APPS} apps already`)
  }

  return {
    async publish({ program: json, title, terms: chosen }) {
      const program = check(json)
      if (!program.ok) return program
      const terms = newTerms(program.value, title, chosen)
      if (!terms.ok) return terms
      const enough = enoughServers(terms.value, program.value)
      if (!enough.ok) return enough
      const index = freeIndex()
      const id = identity.key({ purpose: 'master', app: index }).publicKey
      const rows = supervisorRows(program.value, terms.value).map((write) => scopedWrite(write, id))
      const begun = await engagements.begin(id, { role: 'supervisor', index, title: terms.value.title, state: 'active' }, rows)
      return begun.ok ? ok({ id }) : begun
    },
    async retire(app, reason) {
      const one = engagements.running('supervisor', app)
      return one.ok ? retireOne(one.value, reason) : one
    },
    endWhatIsRetiring() {
      for (const { running, title } of engagements.list()) {
        const reason = running?.role === 'supervisor' ? running.service.retiring() : null
        if (running?.role !== 'supervisor' || reason === null || ending.has(running.id)) continue
        void retireOne(running, reason)
          .then((done) => (done.ok ? log.log('info', `«${title}» is ended.`) : undefined))
          .catch((error: unknown) => log.log('error', `«${title}» is not ended yet: ${String(error)}`))
      }
    },
  }
}
