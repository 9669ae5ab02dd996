import { fastCrypto } from '../../main/adapters/crypto/fast.ts'
import { createVerifier } from '../../main/adapters/crypto/verifier.ts'
import { nobleCrypto } from '../../roles/protocol/crypto/index.ts'
import { cryptoConformance } from './crypto.ts'

cryptoConformance('noble', nobleCrypto)
cryptoConformance('fast', fastCrypto)
cryptoConformance('fast with a verifier', createVerifier().crypto)
