/** The vector of messages, made from the words of PROTOCOL.md 11.1 alone. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { inputs } from '../../vectors/protocol/inputs.ts'
import type { compute } from '../../vectors/protocol/compute.ts'

interface Vector {
  input: (typeof inputs)['messages']
  expected: ReturnType<(typeof compute)['messages']>
}
const { input, expected } = JSON.parse(readFileSync(new URL('../../vectors/protocol/messages.json', import.meta.url), 'utf8')) as Vector

const hex = (text: string): Buffer => Buffer.from(text, 'hex')
const u32 = (n: number): Buffer => Buffer.from([n >>> 24, n >>> 16, n >>> 8, n].map((byte) => byte & 255))
const withLength = (bytes: Uint8Array): Buffer => Buffer.concat([u32(bytes.length), bytes])

it('messages (11.1) are what the words say', () => {
  const join = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts)
  const text = (value: string): Buffer => withLength(Buffer.from(value, 'utf8'))
  const json = (value: unknown): Buffer => text(JSON.stringify(value))
  const base64 = (value: string): Buffer => withLength(Buffer.from(value, 'base64'))
  const edge = ({ commit, box }: { commit: string; box: string }): Buffer => join(hex(commit), base64(box))
  const [first, none] = [Buffer.of(0), Buffer.of(1)]
  /** The size that has room for it: m · 2^k. */
  const padded = (bytes: Buffer): string => {
    let size = 64
    while (size < bytes.length) size += 2 ** Math.floor(Math.log2(size)) / 8
    return join(bytes, Buffer.alloc(size - bytes.length)).toString('hex')
  }
  const { keys, next, number, receipt } = input.envelope
  const digits = number.number.length % 2 === 0 ? number.number : `0${number.number}`
  const promise = [receipt.app, receipt.request, null, receipt.version, receipt.server, receipt.client, receipt.sig]
  const envelope = join(
    ...[u32(2), ...Object.entries(keys).flatMap(([id, key]) => [text(id), hex(key)])],
    ...[first, hex(next), first, withLength(hex(digits)), hex(number.salt)],
    ...promise.map((field) => (field === null ? u32(receipt.tick) : hex(field))),
  )
  const { caller, queries } = input.shown
  const shown = join(json(caller), u32(1), u32(queries[0]!.query), json(queries[0]!.proof), u32(0))
  const { link, outputs, writes } = input.reply
  const reply = join(
    ...[hex(link.request), hex(link.app), u32(link.tick), text(link.endpoint), u32(link.lane), u32(link.position), hex(link.version)],
    ...[link.server, link.previous, link.base, link.planned, link.inputs].map(hex),
    ...[u32(2), ...link.sites.map(u32), u32(1), ...link.own.map(hex), hex(link.outputs), hex(link.before), hex(link.after)],
    ...[base64(link.opening), hex(link.sig), u32(1), text('block.0.0'), edge(outputs['block.0.0']), edge(writes), none],
  )
  expect({ envelope: padded(envelope), shown: padded(shown), reply: padded(reply) }).toEqual(expected)
})
