import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex } from '../../../roles/protocol/bytes.ts'
import { parseCanonical } from '../../../roles/protocol/canonical.ts'
import { open } from '../../../roles/protocol/crypto/index.ts'
import { codeDigest, versionId, codeFile, revealFile } from '../../../roles/protocol/requests/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { codeAad, dealServers, makePlan, sealCode } from '../../../roles/supervisor/plan.ts'
import { crypto, makeCast, notes, sealingOf } from './actors.ts'
import { toHex } from '../../../roles/protocol/bytes.ts'
import { seeded } from '../../tools/seeded.ts'

const APP = 'ab'.repeat(32)

/** Whether every block can get a server of its own (augmenting paths). */
function matches(blocks: string[][]): boolean {
  const owner = new Map<string, number>()
  const place = (block: number, seen: Set<string>): boolean =>
    blocks[block]!.some((server) => {
      if (seen.has(server)) return false
      seen.add(server)
      const other = owner.get(server)
      if (other !== undefined && !place(other, seen)) return false
      owner.set(server, block)
      return true
    })
  return blocks.every((_, block) => place(block, new Set()))
}

describe('dealing servers', () => {
  it('[N6] gives everybody work, every block two servers, and every request a server of its own for each block', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 6, max: 30 }),
        fc.integer({ min: 1, max: 4 }),
        fc.string(),
        (blocks, count, versions, seed) => {
          const servers = Array.from({ length: count }, (_, i) => `s${i}`)
          const dealt = dealServers(seeded(seed), blocks, servers, versions)
          expect(new Set(dealt.flat(2)).size).toBe(count)
          for (const endpoint of dealt) {
            expect(endpoint.every((holders) => new Set(holders).size === holders.length && holders.length >= Math.max(2, versions))).toBe(
              true,
            )
            expect(matches(endpoint)).toBe(true)
          }
        },
      ),
      { seed: 7, numRuns: 200 },
    )
  })
})

describe('a plan', () => {
  it('[N4][N7][P4] gives every version its own salt and primes, and each server what it holds, sealed', async () => {
    const cast = makeCast('plan', 5)
    const ctx = { crypto, random: cast.random }
    const servers = cast.servers.map((server) => ({ id: server.publicKey }))
    const { plan, secret, code } = await makePlan(ctx, {
      program: notes,
      app: APP,
      tick: 4,
      servers,
      versions: 3,
      primeBits: 128,
      prime: cast.prime,
    })
    expect(revealFile.safeParse(secret).success).toBe(true)
    expect(
      Object.values(plan.endpoints)
        .flat()
        .every((versions) => versions.length === 3),
    ).toBe(true)
    const primes = secret.versions.flatMap((version) => [version.passage, ...version.sites])
    expect(new Set(primes).size).toBe(primes.length)
    for (const { endpoint, block, version, salt, passage, sites } of secret.versions) {
      const digest = codeDigest(crypto, APP, endpoint, block, notes.endpoints[endpoint]!.blocks[block]!.body, salt)
      expect(versionId(crypto, digest, { passage, sites })).toBe(version)
    }
    expect(code).toHaveLength(5)
    for (const file of code) {
      const server = cast.servers.find(({ publicKey }) => publicKey === file.server)!
      const { privateKey, publicKey } = sealingOf(server)
      const box = must(sealCode(ctx, file, toHex(publicKey)))
      const opened = must(open(crypto, privateKey, publicKey, box, codeAad(APP, 4, file.server)))
      expect(codeFile.parse(must(parseCanonical(opened, { maxBytes: 1 << 20, maxDepth: 100 })))).toEqual(file)
      const held = Object.values(plan.endpoints)
        .flat(2)
        .filter((version) => version.servers.includes(file.server))
        .map((version) => version.version)
      expect(file.blocks.map((block) => block.version).sort()).toEqual(held.sort())
    }
    expect(toHex(crypto.x25519.publicKey(fromHex(secret.sealing)))).toBe(plan.sealing)
  })
})
