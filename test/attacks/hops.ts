/** Opening what travels between servers of a world made by hand, with the keys of the one who gets it. */
import { open } from '../../roles/protocol/crypto/index.ts'
import { hopMessage, messageAad, type HopMessage } from '../../roles/protocol/requests/index.ts'
import { must } from '../../roles/protocol/result.ts'
import { readMessage } from '../../roles/server/json.ts'
import type { World } from '../roles/request/world.ts'

export function readHop(world: World, { server, bytes }: { server: string; bytes: Uint8Array }): HopMessage {
  const { privateKey, publicKey } = world.servers.get(server)!.sealing
  return must(readMessage('hop', hopMessage, must(open(world.ctx.crypto, privateKey, publicKey, bytes, messageAad('hop', server)))))
}
