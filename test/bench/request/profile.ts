/** Where processor time goes, by part of the product, from V8's own sampling profiler. */
import { writeFileSync } from 'node:fs'
import { Session, type Profiler } from 'node:inspector/promises'

/** The first pattern that fits a frame names its part. */
const PARTS: Array<[string, RegExp]> = [
  ['idle', /^\(idle\) |node:inspector/],
  ['garbage collection', /^\(garbage collector\) /],
  ['secp256k1 (wasm)', /tiny-secp256k1|wasm:/],
  ['other cryptography', /@noble|adapters\/crypto|node:internal\/crypto|internal\/crypto/],
  ['bytes as text: hex, base64, UTF-8', /@scure|protocol\/bytes|node:internal\/encoding|internal\/encoding|^(encode|decode)\w* $/],
  ['zod', /zod/],
  ['canonical JSON', /canonicalize|protocol\/canonical/],
  ['JSON', /^(parse|stringify) $|server\/json/],
  ['sqlite', /better-sqlite3|storage\//],
  ['http and streams', /node:|adapters\/transport|^(writev|writeBuffer|writeUtf8String|writeLatin1String|shutdown|connect) $/],
  ['program', /roles\/program/],
  ['protocol and roles', /roles\/|main\/core/],
]

const partOf = ({ functionName, url }: Profiler.ProfileNode['callFrame']): string => {
  const frame = `${functionName} ${url}`
  return PARTS.find(([, pattern]) => pattern.test(frame))?.[0] ?? 'rest'
}

export interface Share {
  part: string
  ms: number
  top: string[]
}

/** Runs the work under the profiler. @param file for the whole profile, which Chromium's DevTools open; @returns milliseconds of processor time by part, greatest first, without idle time */
export async function profiled(work: () => Promise<void>, file: string): Promise<Share[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 100 })
  await session.post('Profiler.start')
  await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  writeFileSync(file, JSON.stringify(profile))
  return shares(profile)
}

function shares({ nodes, samples, timeDeltas }: Profiler.Profile): Share[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const parts = new Map<string, { ms: number; frames: Map<string, number> }>()
  for (const [i, id] of samples!.entries()) {
    const frame = byId.get(id)!
    const part = partOf(frame)
    const entry = parts.get(part) ?? { ms: 0, frames: new Map<string, number>() }
    const spent = timeDeltas![i]! / 1000
    const name = `${frame.functionName || '(anonymous)'} ${frame.url.split('/').slice(-2).join('/')}:${frame.lineNumber + 1}`
    entry.ms += spent
    entry.frames.set(name, (entry.frames.get(name) ?? 0) + spent)
    parts.set(part, entry)
  }
  parts.delete('idle')
  return [...parts]
    .map(([part, { ms, frames }]) => ({
      part,
      ms,
      top: [...frames]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 4)
        .map(([name, spent]) => `${name} ${spent.toFixed(0)}`),
    }))
    .sort((a, b) => b.ms - a.ms)
}
