/**
 * An offer that supersedes another counts only where it may take over from it (PROTOCOL.md 5.1): it names the same app and master key, and keeps what data and
 * periods rest on. Every role takes offers by this, so nobody runs, sends or serves under one that does not.
 */
import type { OpenedDocument, Reference } from '../../roles/protocol/documents/index.ts'
import { parseOutline } from '../../roles/protocol/requests/index.ts'
import { checkSuccessor, type OfferContent } from '../../roles/protocol/ticks/index.ts'
import { fail, failForNow, ok, type Result } from '../../roles/protocol/result.ts'
import type { Documents } from './documents/index.ts'
import type { StoragePort } from './ports.ts'

interface Here {
  storage: StoragePort
  documents: Pick<Documents, 'fetch' | 'fetchFile'>
}

/** Offers before it that are looked at in one go: the others are on the chain too, and are looked at by themselves. */
const MOST_BEFORE = 32

/** Digests of offers that may take over from the ones they name, as far as this node has looked. */
const right = new WeakMap<StoragePort, Set<string>>()

async function contentOf(
  { documents }: Here,
  { infohash }: Reference,
  { sha256, body }: OpenedDocument<'offer'>,
): Promise<Result<OfferContent>> {
  const bytes = await documents.fetchFile(infohash, body.outline)
  const outline = bytes.ok ? parseOutline(bytes.value) : bytes
  return outline.ok ? ok({ sha256, offer: body, outline: outline.value }) : outline
}

/**
 * Whether an offer may take over from the one that it supersedes, and that one from its own, up to the app's first.
 * Errors: `offer.refused`, `offer.collections`, `offer.servers`; those of fetching.
 */
export async function checkTakesOver(here: Here, reference: Reference, document: OpenedDocument<'offer'>): Promise<Result<null>> {
  const known = right.get(here.storage) ?? new Set<string>()
  right.set(here.storage, known)
  const { app, supersedes } = document.body
  if (supersedes === null || app === null) {
    if (supersedes === null && app === null) return ok(null)
    return fail(
      'offer.refused',
      `The offer «${document.body.title}» names an app and supersedes no offer of it, or the other way round. Do not use it.`,
    )
  }
  if (known.has(document.sha256)) return ok(null)
  const content = await contentOf(here, reference, document)
  if (!content.ok) return content
  const passed: string[] = []
  let after: Found = { document, content: content.value }
  for (let left = MOST_BEFORE; !known.has(after.document.sha256) && after.document.sha256 !== app; left--) {
    if (left === 0)
      return failForNow('offer.refused', `The offers before «${document.body.title}» have not been looked at yet. Wait for them.`)
    const before = await predecessor(here, app, after)
    if (!before.ok) return before
    passed.push(after.document.sha256)
    after = before.value
  }
  for (const sha256 of passed) known.add(sha256)
  return ok(null)
}

interface Found {
  document: OpenedDocument<'offer'>
  content: OfferContent
}

/** The offer that one supersedes, if it may. */
async function predecessor(here: Here, app: string, { document, content }: Found): Promise<Result<Found>> {
  const { supersedes, title } = document.body
  if (supersedes === null)
    return fail('offer.refused', `The offer «${title}» does not go back to the first offer of its app. Do not use it.`)
  const fetched = await here.documents.fetch(supersedes, 'offer', { lane: 'new' })
  if (!fetched.ok) return fetched
  const before = fetched.value as OpenedDocument<'offer'>
  const last = await contentOf(here, supersedes, before)
  if (!last.ok) return last
  const checked = checkSuccessor(app, last.value, content)
  return checked.ok ? ok({ document: before, content: last.value }) : checked
}
