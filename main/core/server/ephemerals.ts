/** Secrets for envelopes that are made ready between two requests, so that nobody waits for the multiplication that gives their public half. */
import type { Services } from '../services.ts'

/** More than one hop or one relayed block takes. */
const KEPT = 8

/** @returns a function that gives 32 random bytes, each time others; the provider of cryptography remembers the keys that it has seen */
export function createEphemerals({ crypto, random }: Pick<Services, 'crypto' | 'random'>): () => Uint8Array {
  const ready: Uint8Array[] = []
  let waiting = false

  const make = (): Uint8Array => {
    const secret = random.bytes(32)
    crypto.x25519.publicKey(secret)
    return secret
  }
  function refill(): void {
    waiting = false
    while (ready.length < KEPT) ready.push(make())
  }
  return () => {
    // After what is under way was sent: the next message is not here yet.
    if (!waiting) setImmediate(refill)
    waiting = true
    return ready.pop() ?? random.bytes(32)
  }
}
