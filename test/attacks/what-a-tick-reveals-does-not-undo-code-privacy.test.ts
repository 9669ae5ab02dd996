/** Issue 9, attack 11: once the primes of a tick are revealed, somebody tries all constants of a body against what its version commits to. */
import { describe, expect, it } from 'vitest'
import type { Program } from '../../roles/program/index.ts'
import { codeDigest, outlineOf } from '../../roles/protocol/requests/index.ts'
import { makePlan, saltsOf } from '../../roles/supervisor/plan.ts'
import { crypto, makeCast, makeReady, notes } from '../roles/supervisor/actors.ts'

const APP = 'ab'.repeat(32)
const SECRET = '7351'
const text = { kind: 'text', max: 100 } as const

/** The notes, whose first block compares with a secret of four digits. */
function withSecret(secret: string): Program {
  const { post } = notes.endpoints
  const [look, write] = post!.blocks
  const nodes = look!.body.nodes.map((node) => ('value' in node ? { op: 'const' as const, type: text, value: secret } : node))
  return { ...notes, endpoints: { ...notes.endpoints, post: { ...post!, blocks: [{ ...look!, body: { ...look!.body, nodes } }, write!] } } }
}

/** Every text of 64 hex digits: each of them may be a salt or a commitment. */
const hexOf = (published: unknown): Set<string> => new Set(JSON.stringify(published).match(/[0-9a-f]{64}/g) ?? [])

/** Tries every secret with every salt that is public, against everything that is public. */
function search(known: Set<string>, salts: Iterable<string>): string | null {
  const bodies = Array.from({ length: 10_000 }, (_, i) => String(i).padStart(4, '0')).map((secret) => ({
    secret,
    body: withSecret(secret).endpoints['post']!.blocks[0]!.body,
  }))
  for (const salt of salts)
    for (const { secret, body } of bodies) if (known.has(codeDigest(crypto, APP, 'post', 0, body, salt))) return secret
  return null
}

describe('What a tick reveals', () => {
  it('does not let anybody try out a secret of four digits, with all that the Supervisor ever publishes of a plan', async () => {
    const cast = makeCast('code privacy', 3)
    const program = withSecret(SECRET)
    const ready = cast.servers.map((server) => makeReady(cast, server, APP, 4).body)
    const { plan, secret } = await makePlan(
      { crypto, random: cast.random },
      { program, app: APP, tick: 4, ready, versions: 2, primeBits: 128, prime: cast.prime, salt: saltsOf(crypto, cast.supervisor, APP) },
    )
    const known = hexOf([plan, secret.reveal, outlineOf(program), APP])
    expect([...known]).toContain(plan.endpoints['post']![0]!.code)
    // Salts of zeros stand for forgotten ones.
    expect(search(known, [...known, '00'.repeat(32)])).toBeNull()
    // The same search finds it at once for one who holds the block, and so has its salt: it was in the reveal before.
    expect(search(known, [secret.salts['post']![0]!])).toBe(SECRET)
  })
})
