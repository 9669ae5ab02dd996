/**
 * Endpoints without observation points: they open nothing and write nothing, so there is no work for a server and nothing that needs a stamp.
 * The client answers them from what the person gave and from the tick's index, whose proofs it checks itself, as any reader of the app can.
 */
import type { Json } from '../protocol/canonical.ts'
import { fail, type Result } from '../protocol/result.ts'
import { checkArguments, valuesOf } from './compose.ts'
import { answersWith, readLast } from './reads.ts'
import { respond } from './respond.ts'
import { chooseSlots } from './slots.ts'
import type { ClientEnv } from './types.ts'

/**
 * Answers a call of such an endpoint. Needs no registration, no plan and no server: an app that sleeps answers too.
 * @param args JSON forms of the endpoint's fields; a slot's name may name the owned key
 * @returns the response in its JSON form. Errors: `client.endpoint`, `client.argument` (details.field), `client.no-key`, `client.choose-key`,
 *   those of the reader.
 */
export async function answerAlone(
  { outline, reader, client, keys }: Pick<ClientEnv, 'outline' | 'reader' | 'client' | 'keys'>,
  name: string,
  args: Record<string, Json>,
): Promise<Result<Json>> {
  const endpoint = Object.hasOwn(outline.endpoints, name) ? outline.endpoints[name]! : undefined
  if (endpoint === undefined || endpoint.blocks.length > 0)
    return fail('client.endpoint', `The app has no endpoint ${name} that is answered without servers.`)
  const checked = checkArguments(endpoint, args)
  if (!checked.ok) return checked
  const slots = chooseSlots(endpoint.slots, keys, args)
  if (!slots.ok) return slots
  const reads = await readLast({ reader }, endpoint, valuesOf(client.publicKey, endpoint, checked.value, slots.value))
  if (!reads.ok) return reads
  const given = { caller: client.publicKey, arguments: checked.value, slots: slots.value }
  return respond(outline, endpoint, { ...given, answers: answersWith(endpoint, [], reads.value) }, new Map())
}
