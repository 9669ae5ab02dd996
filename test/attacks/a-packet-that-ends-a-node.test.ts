/** Attack: anybody may send a packet to the port of the hash table (BEP 5) or of the local network (BEP 14). None of them ends a node. */
import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebTorrentSwarm } from '../../main/adapters/torrent/swarm.ts'
import { must } from '../../roles/protocol/result.ts'
import { loopbackSwarm } from '../tools/swarm.ts'

const root = mkdtempSync(join(tmpdir(), 'golem-packets-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const ID = 'a'.repeat(20)
const query = (name: string, args: string): string => `d1:ad2:id20:${ID}${args}e1:q${name.length}:${name}1:t2:aa1:y1:qe`
/** Each of the first four ended the process of WebTorrent 3.0.21. */
const PACKETS = [
  query('find_node', '6:targeti4e'),
  query('get_peers', '9:info_hashi4e'),
  query('get', '6:targeti1e'),
  query('put', '1:vi1e5:tokeni1e'),
  `d1:rd2:idi5ee1:t2:TT1:y1:re`,
  query('find_node', ''),
  query('get_peers', '9:info_hash3:abc'),
  query('announce_peer', ''),
  'd1:q4:pingi5e1:y1:qe',
  'd1:qli1ee1:t2:aa1:y1:qe',
  'le',
  'i5e',
  'd1:yi5ee',
  'd1:rd2:id20:',
  '',
]

describe('a packet to the hash table', () => {
  let swarm: WebTorrentSwarm
  let stranger: Socket
  const thrown: Error[] = []
  const note = (error: Error): void => void thrown.push(error)
  const others = process.listeners('uncaughtException')
  beforeEach(async () => {
    thrown.length = 0
    others.forEach((listener) => process.off('uncaughtException', listener))
    process.on('uncaughtException', note)
    stranger = createSocket('udp4')
    await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.1', resolve))
    swarm = await loopbackSwarm(mkdtempSync(join(root, 'node-')), { dht: { bootstrap: [`127.0.0.1:${stranger.address().port}`] } })
  })
  afterEach(async () => {
    await swarm.close()
    stranger.close()
    process.off('uncaughtException', note)
    others.forEach((listener) => process.on('uncaughtException', listener))
  })

  /** Resolves when the node has read everything before it: packets of one sender to one socket stay in order on loopback. */
  const isAnswered = (): Promise<void> =>
    new Promise((resolve) => {
      const listen = (packet: Buffer): void => {
        if (!packet.includes('1:t2:zz')) return
        stranger.off('message', listen)
        resolve()
      }
      stranger.on('message', listen)
      stranger.send(`d1:ad2:id20:${ID}e1:q4:ping1:t2:zz1:y1:qe`, swarm.dhtPort()!, '127.0.0.1')
    })

  it.each(PACKETS)('%# leaves the node as it is: %s', async (packet) => {
    // One of them answers what the node asked the stranger, with the number of that question.
    const asked = new Promise<string>((resolve) =>
      stranger.once('message', (question: Buffer) => resolve(/1:t2:([\s\S]{2})/.exec(question.toString('latin1'))?.[1] ?? 'aa')),
    )
    const bytes = Buffer.from(packet.replace('TT', packet.includes('TT') ? await asked : ''), 'latin1')
    stranger.send(bytes, swarm.dhtPort()!, '127.0.0.1')
    await isAnswered()
    expect(thrown).toEqual([])
    must(await swarm.seed('golem-test', [{ name: 'document.json', bytes: new Uint8Array([1]) }]))
  })
})
