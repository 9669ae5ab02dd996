/** The folder of a node: whose network it is of, and what the first start on mainnet asks. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../core/index.ts'
import { readTextFile } from '../terminal/text-file.ts'

const NAME = 'network'

/**
 * Keeps which network a folder is of. Its wallet, jobs and blocks are those of one chain.
 * Errors: `node.network` (it is of another one), `storage.open`.
 */
export function claimFolder(folder: string, network: string): Result<null> {
  const file = join(folder, NAME)
  const text = readTextFile(file, file, 100)
  if (text.ok) {
    const known = text.value.trim()
    return known === network
      ? ok(null)
      : fail('node.network', `${folder} is of a node on ${known}, and not on ${network}. Choose another folder, or leave --folder out.`)
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, `${network}\n`, { mode: 0o600 })
    return ok(null)
  } catch (error) {
    return fail('storage.open', `${folder} cannot be used as a folder (${(error as Error).message}). Choose another one.`)
  }
}

const WARNING = `This is mainnet: coins here are money.
What is not proved yet: the formats may still change before version 1.0, and what is in this folder may then be of no use; nobody but its authors has
audited this software; nobody has run it for long with money of worth. Lost keys, a wrong program or a mistake of ours lose coins for good.
Use no more than you can lose.
`

/** Asks twice, at the first start only. Error: `node.mainnet`. */
export async function acceptMainnet(
  folder: string,
  accepted: boolean,
  { ask, err }: { ask: (question: string) => Promise<string | null>; err: (text: string) => void },
): Promise<Result<null>> {
  if (existsSync(join(folder, NAME))) return ok(null)
  err(WARNING)
  if (accepted) return ok(null)
  for (const question of [
    'Go on with money of worth? (yes or no) ',
    'Have you read what is not proved, and can you lose it? (yes or no) ',
  ]) {
    const answer = await ask(question)
    if (answer === null) return fail('node.mainnet', 'Nobody answered. Start it on a terminal, or give --accept-mainnet.')
    if (answer.trim().toLowerCase() !== 'yes') return fail('node.mainnet', 'Nothing was started. For a try: golem node --network signet')
  }
  return ok(null)
}
