/** Secrets for envelopes that are made ready between two requests, so that nobody waits for the multiplication that gives their public half. */
import type { Services } from '../services.ts'

/** What a busy server takes until they are made ready anew. */
const KEPT = 16
/** Longer than one request takes: what wakes another process here would else run on, and keep a core from it. */
const REST_MS = 5

/** @returns a function that gives 32 random bytes, each time others; the provider of cryptography remembers the keys that it has seen */
export function createEphemerals({ clock, crypto, random }: Pick<Services, 'clock' | 'crypto' | 'random'>): () => Uint8Array {
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
    if (!waiting) clock.after(REST_MS, refill)
    waiting = true
    return ready.pop() ?? random.bytes(32)
  }
}
