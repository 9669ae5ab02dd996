/** The newest value of a key from its address: the chain that this node follows, and one torrent. Ticks are asked only whether it was counted. */
import type { KeyView } from '../../contract/index.ts'
import { newestValue } from '../../../roles/protocol/ticks/index.ts'
import { ok, type Result } from '../../../roles/protocol/result.ts'
import { anchoredBetween } from '../chain-watch.ts'
import { noApp, type ClientSession } from './session.ts'

/** No block is higher. */
const HIGHEST = 2 ** 32 - 1

/** Errors: `key.none`, `key.log`, those of fetching. */
export async function valueOfKey(session: ClientSession, key: string): Promise<Result<KeyView>> {
  const { joined, services } = session
  if (joined === null) return noApp()
  const { crypto, storage, documents } = services
  const outline = session.newest?.outline ?? joined.offer.outline
  const anchored = anchoredBetween(storage, 0, HIGHEST)
  const found = await newestValue({ crypto }, { app: joined.reference.sha256, key, outline, anchored, fetch: documents.fetch })
  if (!found.ok) return found
  const { version, ...value } = found.value
  const indexed = await session.newest?.reader.get('$keys', key)
  return ok({ ...value, counted: indexed?.ok === true ? indexed.value.value?.['version'] === version : null })
}
