/** Before each test file: GOLEM_SEED replays every fast-check property that does not fix a seed of its own. */
import fc from 'fast-check'

const seed = process.env['GOLEM_SEED']
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) })
