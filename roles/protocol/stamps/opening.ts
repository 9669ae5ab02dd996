/**
 * What a link's server seals for the Supervisor (PROTOCOL.md 12.5): its number before and after, each just as the commitment to it hashes it. So the two
 * commitments, which the link signs, are all the authentication that the box needs, and the key may come from them: two different contents never share one.
 */
import { concatBytes, equalBytes, fromHex, parseBase64, toBase64, writeHex } from '../bytes.ts'
import { agreedKey, keyStream, type CryptoPort, type Ephemeral } from '../crypto/index.ts'
import type { Link } from '../documents/index.ts'
import type { NumberOpening } from '../requests/index.ts'
import { ok, type Result } from '../result.ts'
import { commitForm, decodeNumber, encodeNumber } from './stamp.ts'

const TAG = 'golem/opening'
const [SENDER, SALT, HEAD] = [32, 32, 36]

/** The link that it is of. */
export type OpeningPlace = Pick<Link, 'request' | 'lane' | 'position' | 'before' | 'after'>

/** Where the two commitments stand in what `aboutOf` makes. */
const [BEFORE, AFTER] = [34, 66]

/** What it is about, in one array for all: it is hashed, and not kept. */
const room = new Uint8Array(AFTER + 32)

function aboutOf({ request, lane, position, before, after }: OpeningPlace): Uint8Array {
  room[32] = lane
  room[33] = position
  if (!writeHex(request, room, 0, 32) || !writeHex(before, room, BEFORE, 32) || !writeHex(after, room, AFTER, 32))
    throw new Error('an opening is of a link whose schema was checked')
  return room
}

const formOf = ({ number, salt }: NumberOpening): Uint8Array => commitForm(fromHex(salt), encodeNumber(BigInt(`0x${number}`)))

/** The plaintext of an opening. */
export const openingForm = (before: NumberOpening, after: NumberOpening): Uint8Array => concatBytes(formOf(before), formOf(after))

/**
 * Seals a plaintext of `openingForm` for the plan's key, base64. Error: `envelope.recipient`.
 * @param recipient the plan's `sealing`, 32 bytes
 */
export function sealOpening(sender: Ephemeral, recipient: Uint8Array, place: OpeningPlace, plain: Uint8Array): Result<string> {
  const key = sender.key(recipient, TAG, aboutOf(place))
  return key.ok ? ok(toBase64(concatBytes(sender.publicKey, keyStream(key.value, plain)))) : key
}

export interface Opened {
  before: bigint
  after: bigint
}

/** The secret half of a plan's sealing key with its public one. */
export interface OpeningKey {
  secret: Uint8Array
  publicKey: Uint8Array
}

/** An opening with the text that its number after was found in. */
interface Found extends Opened {
  form: Uint8Array
}

type SealedLink = OpeningPlace & Pick<Link, 'opening'>

/** The numbers of a link's opening; null unless it is just what opens the link's two commitments, and nothing else. */
export const openOpening = (crypto: CryptoPort, key: OpeningKey, link: SealedLink): Opened | null => openLane(crypto, key, [link])[0]!

/** The same of the links of a lane, in their order. */
export function openLane(crypto: CryptoPort, key: OpeningKey, links: readonly SealedLink[]): Array<Opened | null> {
  let last: Found | null = null
  const opened: Array<Opened | null> = []
  for (const [i, link] of links.entries()) {
    // What the link before committed to, and showed, need not be hashed again.
    const shown: Found | null = last !== null && links[i - 1]!.after === link.before ? last : null
    last = open(crypto, key, link, shown)
    opened.push(last)
  }
  return opened
}

/** @param shown the link before, where it showed a number that this one's `before` commits to */
function open(crypto: CryptoPort, { secret, publicKey }: OpeningKey, link: SealedLink, shown: Found | null): Found | null {
  const box = parseBase64(link.opening)
  if (!box.ok || box.value.length < SENDER) return null
  const about = aboutOf(link)
  const key = agreedKey(crypto, secret, publicKey, box.value.subarray(0, SENDER), TAG, about)
  if (key === null) return null
  const plain = keyStream(key, box.value.subarray(SENDER))
  const middle = endOf(plain, 0)
  if (middle === null || endOf(plain, middle) !== plain.length) return null
  const [first, form] = [plain.subarray(0, middle), plain.subarray(middle)]
  const isShown = shown !== null && equalBytes(shown.form, first)
  const before = isShown ? shown.after : numberIn(crypto, first, about.subarray(BEFORE, AFTER))
  const after = before === null ? null : numberIn(crypto, form, about.subarray(AFTER))
  return before === null || after === null ? null : { before, after, form }
}

/** Where the number that begins at `at` ends; null when it has no room. */
function endOf(plain: Uint8Array, at: number): number | null {
  if (plain.length < at + HEAD) return null
  const end = at + HEAD + new DataView(plain.buffer, plain.byteOffset + at + SALT).getUint32(0)
  return end <= plain.length ? end : null
}

const numberIn = (crypto: CryptoPort, form: Uint8Array, commit: Uint8Array): bigint | null =>
  equalBytes(crypto.taggedHash('golem/number', form), commit) ? decodeNumber(form.subarray(HEAD)) : null
