/** `network.json` in the folder of a local network: where a running one is joined, and what a restarted one goes on with. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { blockMs } from '../../../contract/sandbox.ts'
import { checkRpcAddress } from '../../../adapters/chain/index.ts'
import { fail, must, ok, type Result } from '../../../core/index.ts'
import { parseJson } from '../../terminal/json-text.ts'
import { readTextFile } from '../../terminal/text-file.ts'
import { replaceFile } from '../../terminal/write-file.ts'

const MOST_BYTES = 1 << 20

const networkNote = z.object({
  /** Title of the app that the network runs. */
  app: z.string().optional(),
  /** Digest of the program that it began with. */
  program: z.string().optional(),
  chain: z.object({
    url: z.string().refine((url) => checkRpcAddress(url).ok, 'not the address of an RPC'),
    user: z.string(),
    password: z.string(),
    backend: z.enum(['embedded', 'bitcoind']),
  }),
  /** The tracker's announce address. */
  tracker: z.string(),
  /** Participants that have been given coins. */
  funded: z.array(z.string()),
  /** As it began: later starts have no fewer servers, and ticks of as many blocks. */
  size: z
    .object({ servers: z.int().min(1), tickBlocks: z.int().min(1) })
    .optional()
    .catch(undefined),
  /** Milliseconds between blocks, as a person said last. */
  blockMs: blockMs.optional().catch(undefined),
})
export type NetworkNote = z.infer<typeof networkNote>

const path = (folder: string): string => join(folder, 'network.json')

/** Errors: `network.none`; `network.note`, for one that is damaged: the next start writes it anew. */
export function readNote(folder: string): Result<NetworkNote> {
  const file = path(folder)
  if (!existsSync(file))
    return fail('network.none', `There is no local network in ${folder}. Start one with npm start, or name its folder with --folder.`)
  const text = readTextFile(file, file, MOST_BYTES)
  const json = text.ok ? parseJson(file, text.value) : text
  if (!json.ok) return damaged(json.error.message)
  const note = networkNote.safeParse(json.value)
  if (note.success) return ok(note.data)
  const { path: field, message } = note.error.issues[0]!
  return damaged(`${file} is damaged (${field.join('.') || 'the whole'}: ${message}).`)
}

const damaged = (why: string): Result<never> => fail('network.note', `${why} Start the network with npm start, which writes it anew.`)

/** A reader never sees half of it. For its owner alone: it holds the chain's password. */
export function writeNote(folder: string, note: NetworkNote): void {
  must(replaceFile(path(folder), `${JSON.stringify(note, null, 2)}\n`, 0o600))
}

/** The port of an address that the last run used, to be asked for again; 0 where there is none. */
export const portOf = (url: string | undefined): number => Number(URL.parse(url ?? '')?.port || 0)
