/** The program that travels with an offer, sealed to its Supervisor. */
import { describe, expect, it } from 'vitest'
import { openProgram, sealProgram } from '../../../roles/supervisor/index.ts'
import { must } from '../../../roles/protocol/result.ts'
import { check } from '../../../roles/program/index.ts'
import { canonicalBytes } from '../../../roles/protocol/canonical.ts'
import { sampleApp } from '../../simulation/network/world.ts'
import { keyPair, seeded } from '../../tools/seeded.ts'
import { crypto, notes } from './actors.ts'

const random = seeded('backup')
const [master, other] = [keyPair(random), keyPair(random)]

describe('the backup of a program', () => {
  it('is the same bytes each time, opens with the master key alone, and gives the whole program back', () => {
    for (const program of [notes, ...['guestbook', 'poll', 'marketplace'].map((name) => must(check(sampleApp(name))))]) {
      const sealed = sealProgram(crypto, master, program)
      expect(sealProgram(crypto, master, program)).toEqual(sealed)
      expect(sealed.length).toBe(canonicalBytes(program).length + 32)
      expect(canonicalBytes(must(openProgram(crypto, master, sealed)))).toEqual(canonicalBytes(program))
      expect(openProgram(crypto, other, sealed)).toMatchObject({ ok: false, error: { code: 'backup.closed' } })
    }
  })

  it('does not open where a byte is another one, and is no other program’s', () => {
    const sealed = sealProgram(crypto, master, notes)
    for (let at = 0; at < sealed.length; at += 97) {
      const changed = Uint8Array.from(sealed)
      changed[at]! ^= 1
      expect(openProgram(crypto, master, changed).ok, String(at)).toBe(false)
    }
    const another = sealProgram(crypto, master, must(check(sampleApp('poll'))))
    expect(another.subarray(0, 16)).not.toEqual(sealed.subarray(0, 16))
    expect(openProgram(crypto, master, new Uint8Array(3))).toMatchObject({ error: { code: 'backup.closed' } })
  })
})
