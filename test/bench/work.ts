/** Prints how many times faster the grinding kernel is than double SHA-256 by node's crypto.hash, on one thread, in one run. */
import { hash } from 'node:crypto'
import { createKernel } from '../../main/adapters/work/kernel.ts'
import { workMessage } from '../../roles/protocol/crypto/index.ts'

const ROUNDS = 5
const COUNT = 200_000
const challenge = new TextEncoder().encode('bench')
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!

function plain(): number {
  const message = Buffer.from(workMessage(challenge, 0n))
  const began = performance.now()
  for (let i = 0; i < COUNT; i += 1) {
    message.writeUInt32BE(i, 76)
    if (hash('sha256', hash('sha256', message, 'buffer'), 'buffer').readUInt32BE(0) === 0) console.log('hit', i)
  }
  return ((performance.now() - began) * 1e6) / COUNT
}

function kernel(): number {
  const search = createKernel(challenge).search
  const began = performance.now()
  search(0, 0, COUNT, 60)
  return ((performance.now() - began) * 1e6) / COUNT
}

plain()
kernel()
const results = Array.from({ length: ROUNDS }, () => ({ plain: plain(), kernel: kernel() }))
const [slow, fast] = [median(results.map((each) => each.plain)), median(results.map((each) => each.kernel))]
console.log(
  `double SHA-256 of 80 bytes, one thread, medians of ${ROUNDS}: crypto.hash ${slow.toFixed(0)} ns, kernel ${fast.toFixed(0)} ns, ratio ${(slow / fast).toFixed(2)}`,
)
