/**
 * What the code makes of the inputs of each vector file in this folder. `write.ts` writes the files anew when the protocol changes on
 * purpose; test/roles/protocol/vectors.test.ts holds the committed files against this.
 */
import { PROTOCOL_VERSION } from '../../../roles/protocol/version.ts'
import { createMetainfo } from '../../../main/adapters/torrent/metainfo.ts'
import { anchorScript, p2trAddress, p2trScript } from '../../../roles/protocol/tx/index.ts'
import { beaconKey, encodeAnchor, type DocumentType, signDocument, signingDigest, signUnder, documentTypes, type Link } from '../../../roles/protocol/documents/index.ts'
import { fromHex, toHex, utf8 } from '../../../roles/protocol/bytes.ts'
import { canonicalBytes, canonicalText, type Json } from '../../../roles/protocol/canonical.ts'
import { nobleCrypto as crypto, ephemeral, seal, leafHash, merkleTree, leafHashes, rangeProof, verifyWork, workChallenge, workMessage } from '../../../roles/protocol/crypto/index.ts'
import { dealer, seatChain, seatOrder, edgeSalt, sealEdge, LARGEST_FIXED, envelopeMessage, hopReply, messageBytes, shownMessage, paddedSize, roomOf, stepOf, codeDigest, versionId, commitsDigest, commitsOf, edgeKey, messageAad, keySigningBody, inputsDigest, linkDigest, signLink, signStart, startDigest, versionAfter, versionReserved, writeDigest, writesId, writeSalt, type DraftWrite } from '../../../roles/protocol/requests/index.ts'
import { buildIndex, encodePage, entryHash, recordHash, type Fields, provePageRange, reduceProof, databaseRoot, encodeTuple, prefixRange, tupleRange, type SortKind, type SortRange, type SortValue } from '../../../roles/protocol/index/index.ts'
import { deriveKey, deriveX25519, keyPathText, phraseToSeed, type KeyPurpose, encryptSecret } from '../../../roles/protocol/keys/index.ts'
import { readLink, writeLink } from '../../../roles/protocol/link/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { commitNumber, openingForm, sealOpening } from '../../../roles/protocol/stamps/index.ts'
import { sha256 } from '@noble/hashes/sha2.js'
import type {
  AnchorInput, DocumentsInput, EdgeInput, EnvelopeInput, IndexInput, KeysInput, KeystoreInput, MerkleInput, MessagesInput, SeatsInput, SizesInput, SortKeysInput, ThreadInput, LinkInput, TorrentInput, WorkInput,
} from './inputs.ts'

const keyPair = (privateKey: string) => ({ privateKey: fromHex(privateKey), publicKey: toHex(crypto.schnorr.publicKey(fromHex(privateKey))) })

export function documents({ privateKey, auxiliary, fields }: DocumentsInput) {
  const signer = keyPair(privateKey)
  const one = (type: DocumentType) => {
    const unsigned = { ...fields[type], type, v: PROTOCOL_VERSION, by: signer.publicKey }
    const signed = signDocument(crypto, type, fields[type] as never, signer, fromHex(auxiliary))
    return {
      unsigned: canonicalText(unsigned), signingDigest: toHex(signingDigest(crypto, type, unsigned)),
      signature: signed.body.sig, 'document.json': canonicalText(signed.body), digest: signed.sha256,
    }
  }
  return Object.fromEntries(documentTypes.map((type) => [type, one(type)])) as Record<DocumentType, ReturnType<typeof one>>
}

export function anchor({ anchors, beacons, key }: AnchorInput) {
  return {
    anchors: anchors.map((one) => ({ payload: toHex(encodeAnchor(one)), script: toHex(must(anchorScript(one))) })),
    beacons: Object.fromEntries(beacons.map((type: DocumentType) => [type, beaconKey(crypto, type)])),
    script: toHex(must(p2trScript(fromHex(key)))), regtest: must(p2trAddress(fromHex(key), 'regtest')), mainnet: must(p2trAddress(fromHex(key), 'mainnet')),
  }
}

export function keys({ phrase, purposes, context }: KeysInput) {
  const seed = must(phraseToSeed(phrase))
  const derived = purposes.map((purpose: KeyPurpose) => {
    const { privateKey, publicKey } = deriveKey(seed, purpose)
    const secret = deriveX25519(crypto, privateKey, context)
    return { path: keyPathText(purpose), privateKey: toHex(privateKey), publicKey, x25519: { privateKey: toHex(secret), publicKey: toHex(crypto.x25519.publicKey(secret)) } }
  })
  return { seed: toHex(seed), derived }
}

export const keystore = async ({ secret, passphrase, n, random }: KeystoreInput) => ({ ...await encryptSecret(crypto, fromHex(random), passphrase, utf8(secret), n) })

export function work({ role, publicKey, scope, bits }: WorkInput) {
  const challenge = workChallenge(crypto, role, publicKey, scope)
  let nonce = 0n
  while (!verifyWork(challenge, nonce, bits)) nonce++
  const message = workMessage(challenge, nonce)
  return { challenge: toHex(challenge), leastNonce: String(nonce), message: toHex(message), hash: toHex(sha256(sha256(message))) }
}

const ends = ({ from, to }: SortRange) => ({ from: toHex(from), to: to === null ? null : toHex(to) })

export const sortkeys = ({ tuples, ranges }: SortKeysInput) => ({
  tuples: tuples.map(({ kinds, values }) => {
    const encoded = encodeTuple(kinds as SortKind[], values)
    return { encoded: toHex(encoded), rangeEnd: ends(prefixRange(encoded)).to }
  }),
  ranges: ranges.map(({ kinds, values, ...bounds }) => ends(tupleRange(kinds as SortKind[], values, bounds))),
})

export function merkle({ leaves, ranges }: MerkleInput) {
  const bytes = leaves.map(fromHex)
  const tree = merkleTree(crypto, leafHashes(crypto, bytes))
  return {
    leafHashes: bytes.map((leaf) => toHex(leafHash(crypto, leaf))), root: toHex(tree.root), emptyRoot: toHex(merkleTree(crypto, new Uint8Array(0)).root),
    proofs: ranges.map(([from, to]) => rangeProof(tree, from, to).map(toHex)),
  }
}

const sorted = (record: Record<string, Json>): Fields => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))

export function index({ name, kinds, rows, query, show }: IndexInput) {
  const entries = rows.map(({ tuple, record }) => ({ sortKey: encodeTuple(kinds as SortKind[], tuple as SortValue[]), fields: sorted(record) }))
  const built = buildIndex(crypto, entries)
  const empty = buildIndex(crypto, [])
  const range = prefixRange(encodeTuple(kinds as SortKind[], query))
  return {
    records: entries.map(({ fields }) => toHex(recordHash(crypto, fields))),
    entries: entries.map(({ sortKey, fields }) => ({ sortKey: toHex(sortKey), hash: toHex(entryHash(crypto, sortKey, recordHash(crypto, fields))) })),
    pages: built.pages.map((page) => new TextDecoder().decode(encodePage(page))), pageHashes: built.directory.pages.map(({ hash }) => hash),
    indexRoot: built.root, emptyIndexRoot: empty.root,
    databaseRoot: databaseRoot(crypto, [{ name, root: built.root, count: built.count }, { name: `${name}2`, root: empty.root, count: 0 }]),
    reducedProof: reduceProof(crypto, provePageRange(built, range), range, show) as unknown as Json,
  }
}

export function edge({ secret, id, value, type }: EdgeInput) {
  const key = edgeKey(crypto, fromHex(secret), id)
  const sealed = sealEdge(crypto, key, id, canonicalBytes(value), roomOf(type))
  return { key: toHex(key), salt: toHex(edgeSalt(crypto, key, id)), ...sealed, commitsDigest: commitsDigest(crypto, commitsOf({ [id]: sealed })) }
}

export const sizes = ({ types, lengths }: SizesInput) => ({ rooms: types.map(roomOf), steps: lengths.map((length) => paddedSize(length, LARGEST_FIXED)) , messages: lengths.map(stepOf) })

/** The bytes of three messages, as they are sealed. */
export const messages = ({ envelope: content, shown, reply }: MessagesInput) => ({
  envelope: toHex(messageBytes(envelopeMessage, content)), shown: toHex(messageBytes(shownMessage, shown)), reply: toHex(messageBytes(hopReply, reply)),
})

export function envelope({ ephemeral, recipient, purpose, parts, plain }: EnvelopeInput) {
  const publicKey = crypto.x25519.publicKey(fromHex(recipient))
  const aad = messageAad(purpose, ...parts)
  return { aad: new TextDecoder().decode(aad), recipient: toHex(publicKey), box: toHex(must(seal(crypto, fromHex(ephemeral), publicKey, utf8(plain), aad))) }
}

/** The second of two lanes, two blocks; the first carries a field into a write of its one site, the second only passes. */
export function thread(input: ThreadInput) {
  const { app, request, tick, endpoint, base, planned, seat, lane, salts, blocks } = input
  const client = keyPair(input.client)
  const carriedKey = edgeKey(crypto, fromHex(input.secret), input.carried.edge)
  const carried = sealEdge(crypto, carriedKey, input.carried.edge, canonicalBytes(input.carried.value), LARGEST_FIXED)
  const commit = (number: bigint, at: number): string => toHex(commitNumber(crypto, fromHex(salts[at]!), number))
  let number = BigInt(`0x${input.number}`)
  const start = signStart(crypto, { request, app, tick, endpoint, client: client.publicKey, base, planned, seat, numbers: [...input.numbers, commit(number, 0)], keys: commitsDigest(crypto, { [input.carried.edge]: carried.commit }) }, client, fromHex(input.auxiliary))
  const salt = writeSalt(crypto, edgeKey(crypto, fromHex(input.secret), writesId(0)), 0)
  const write: DraftWrite = { ...input.write, salt, carried: { [input.carried.field]: { edge: input.carried.edge, commit: carried.commit } } }
  const digests = [writeDigest(crypto, write)]
  const sealing = crypto.x25519.publicKey(fromHex(input.sealing))
  const links: Link[] = []
  for (const [position, block] of blocks.entries()) {
    const server = keyPair(block.server)
    const factors = [block.passage, ...block.sites.map(() => block.site)].map((prime) => BigInt(`0x${prime}`))
    const after = factors.reduce((product, prime) => product * prime, number)
    const code = codeDigest(crypto, app, endpoint, position, block.body, block.salt)
    const opening = openingForm({ number: number.toString(16), salt: salts[position]! }, { number: after.toString(16), salt: salts[position + 1]! })
    const place = { request, lane, position, before: commit(number, position), after: commit(after, position + 1) }
    links.push(signLink(crypto, {
      request, app, tick, endpoint, lane, position, version: versionId(crypto, code, { passage: block.passage, sites: [block.site] }), server: server.publicKey,
      previous: position === 0 ? startDigest(crypto, start) : linkDigest(crypto, links[position - 1]!), base, planned,
      inputs: inputsDigest(crypto, startDigest(crypto, start), code, { commits: position === 0 ? { [input.carried.edge]: carried.commit } : {}, keys: { [writesId(position)]: toHex(edgeKey(crypto, fromHex(input.secret), writesId(position))) } }), sites: block.sites, own: position === 0 ? digests : [],
      before: place.before, after: place.after, outputs: commitsDigest(crypto, {}),
      opening: must(sealOpening(ephemeral(crypto, fromHex(block.ephemeral)), sealing, place, opening)),
    }, server, fromHex(input.auxiliary)))
    number = after
  }
  const data = keyPair(input.key)
  return {
    start, startDigest: startDigest(crypto, start), writeSalt: salt, writeDigest: digests[0]!, links, linkDigests: links.map((link) => linkDigest(crypto, link)), number: number.toString(16),
    versionReserved: versionReserved(crypto, input.reservation, data.publicKey), versionAfter: versionAfter(crypto, request, digests[0]!),
    keySig: signUnder(crypto, 'key', keySigningBody(app, request, digests), data.privateKey, fromHex(input.auxiliary)),
  }
}

/** Ready servers are the keys of `server 0`, `server 1`, …, sorted. */
export function seats({ hash, tick, since, servers, endpoints, terms, client, app, at, ages }: SeatsInput) {
  const ready = Array.from({ length: servers }, (_, i) => keyPair(toHex(sha256(utf8(`golem vector: server ${i}`)))).publicKey).sort()
  const deal = dealer(crypto, { hash, tick, ready, blocks: endpoints.reduce((sum, { blocks }) => sum + blocks, 0), terms })
  const dealt = Object.fromEntries(endpoints.map(({ name, blocks }) => [name, deal(name, blocks)]))
  const chain = seatChain(crypto, fromHex(client), app)
  const of = { hash: at.hash, seat: chain.value(at.tick - since)!, client: keyPair(client).publicKey, tick: at.tick, endpoint: at.endpoint }
  return {
    ready, dealt, end: chain.end, values: ages.map((age) => chain.value(age)), seat: of.seat,
    order: dealt[at.endpoint]!.map((holders, block) => seatOrder(of, block, holders.map(({ server }) => server))),
  }
}

export function torrent({ type, document: text, files }: TorrentInput) {
  const digest = toHex(sha256(utf8(text)))
  const name = `golem-${type}-${digest.slice(0, 16)}`
  const made = must(createMetainfo(name, [{ name: 'document.json', bytes: utf8(text) }, ...files.map((file) => ({ name: file.name, bytes: new Uint8Array(file.size).fill(file.byte) }))]))
  return { digest, name, order: made.files.map((file) => file.name), pieceLength: made.pieceLength, infohash: made.infohash }
}

export const link = ({ links, texts }: LinkInput) => ({
  written: links.map((one) => must(writeLink(one))),
  read: texts.map((text) => {
    const read = readLink(text)
    return read.ok ? read.value : read.error.code
  }),
})

export const compute = { documents, anchor, keys, keystore, work, sortkeys, merkle, index, edge, sizes, messages, envelope, thread, seats, link, torrent }
export type VectorName = keyof typeof compute
