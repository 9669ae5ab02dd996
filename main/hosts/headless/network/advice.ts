/** What a person does about a participant that cannot start, by the code of the failure. */
import { StartFailure } from './process.ts'

/** What the participant itself holds is damaged, lost or of another wallet: no second start changes that. */
const ITS_DATA = new Set([
  'storage.corrupt',
  'stored.older',
  'stored.sealed',
  'keystore.malformed',
  'keystore.passphrase',
  'identity.missing',
  'identity.other',
  'phrase.length',
  'phrase.word',
  'phrase.checksum',
  'participant.start',
])

const NEWER = new Set(['storage.version', 'stored.newer', 'keystore.version'])

/** @param name of the participant @param folder of its data */
export function adviceFor(error: unknown, name: string, folder: string): string {
  const code = error instanceof StartFailure ? error.code : ''
  if (ITS_DATA.has(code))
    return `«npm run wallet -- restore ${name}» brings its wallet back from the seed phrase, «npm run wallet -- replace ${name}» gives it a new one; both move ${folder} aside and delete nothing.`
  if (NEWER.has(code)) return 'Its data is whole and waits for a Golem that knows it.'
  if (code === 'process.ended' || code === 'process.start')
    return 'Its data is not the cause: see what its log says above, and whether the computer has memory and processes left for it.'
  return 'Its data is whole: mend what it says, and it takes part again.'
}
