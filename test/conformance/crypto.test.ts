import process from 'node:process'
import { describe, expect, it } from 'vitest'
import { fastCrypto, portableCrypto } from '../../main/adapters/crypto/fast.ts'
import { nativeSchnorr } from '../../main/adapters/crypto/native.ts'
import { nobleCrypto } from '../../roles/protocol/crypto/index.ts'
import { cryptoConformance } from './crypto.ts'

/** On others the fast provider checks them as WebAssembly. */
const isNative = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)

cryptoConformance('noble', nobleCrypto)
cryptoConformance('fast', fastCrypto)
cryptoConformance('fast without native code', portableCrypto)

describe('native code', () => {
  it.skipIf(!isNative)('signs and checks on the platforms for which its package brings some (linux-x64, darwin-arm64, win32-x64)', () => {
    expect(nativeSchnorr()).not.toBeNull()
  })
})
