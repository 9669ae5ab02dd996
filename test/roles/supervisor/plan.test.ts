import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { parseCanonical } from '../../../roles/protocol/canonical.ts'
import { open } from '../../../roles/protocol/crypto/index.ts'
import { codeDigest, holdingOf, versionId, codeFile, revealFile } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { codeAad, codeFiles, makePlan, saltsOf, sealCode } from '../../../roles/supervisor/plan.ts'
import { crypto, makeCast, makeReady, notes, sealingOf } from './actors.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'

const APP = 'ab'.repeat(32)

describe('a plan', () => {
  it('[N4][N7][P4] gives every version primes of its own, every block a salt that only its servers get, and each server what it holds, sealed', async () => {
    const cast = makeCast('plan', 7)
    const ctx = { crypto, random: cast.random }
    const ready = cast.servers.map((server) => makeReady(cast, server, APP, 4).body)
    const made = await makePlan(ctx, {
      program: notes,
      app: APP,
      tick: 4,
      ready,
      versions: 3,
      primeBits: 128,
      prime: cast.prime,
      salt: saltsOf(crypto, cast.supervisor, APP),
    })
    const { plan, secret } = made
    const planned = { plan, hash: 'cd'.repeat(32), terms: { witnesses: 1, spare: 1, versions: 3 } }
    expect(plan.ready).toEqual(cast.servers.map(({ publicKey }) => publicKey).sort())
    expect(revealFile.safeParse(secret.reveal).success).toBe(true)
    const blocks = Object.values(plan.endpoints).flat()
    expect(blocks.map(({ versions }) => versions.length)).toEqual([3, 3, 3])
    const salts = Object.values(secret.salts).flat()
    expect([salts.length, new Set(salts).size]).toEqual([3, 3])
    const primes = secret.reveal.versions.flatMap((version) => [version.passage, ...version.sites])
    expect(new Set(primes).size).toBe(primes.length)
    for (const { endpoint, block, version, passage, sites } of secret.reveal.versions) {
      const code = codeDigest(crypto, APP, endpoint, block, notes.endpoints[endpoint]!.blocks[block]!.body, secret.salts[endpoint]![block]!)
      expect(plan.endpoints[endpoint]![block]).toMatchObject({ code, versions: expect.arrayContaining([version]) as string[] })
      expect(versionId(crypto, code, { passage, sites })).toBe(version)
    }
    const files = codeFiles(crypto, notes, planned, secret)
    // Two blocks of `post` with three holders each, and the one of `edit`.
    expect(files.flatMap(({ blocks }) => blocks)).toHaveLength(9)
    const holding = holdingOf(crypto, planned)
    for (const file of files) {
      const server = cast.servers.find(({ publicKey }) => publicKey === file.server)!
      const { privateKey, publicKey } = sealingOf(server)
      const box = must(sealCode(ctx, file, toHex(publicKey)))
      const opened = must(open(crypto, privateKey, publicKey, box, codeAad(APP, 4, file.server)))
      expect(codeFile.parse(must(parseCanonical(opened, { maxBytes: 1 << 20, maxDepth: 100 })))).toEqual(file)
      const held = Object.entries(plan.endpoints).flatMap(([name, listed]) =>
        listed.flatMap((_, block) => holding.versionOf(name, block, file.server) ?? []),
      )
      expect(file.blocks.map((block) => block.version).sort()).toEqual(held.sort())
    }
    expect(toHex(crypto.x25519.publicKey(fromHex(secret.reveal.sealing)))).toBe(plan.sealing)
  })
})
