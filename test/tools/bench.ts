/** `npm run bench -- <name> [arguments]`: runs test/bench/<name>.ts; without a name, lists what there is. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { runToEnd } from '../../main/hosts/launcher/child.ts'

const folder = join(import.meta.dirname, '..', 'bench')

async function main([name, ...args]: string[]): Promise<number> {
  const known = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
  if (name !== undefined && known.includes(name)) return runToEnd(process.execPath, ['--expose-gc', join(folder, `${name}.ts`), ...args])
  const asked = name === undefined || name === '--help' || name === '-h'
  const usage = `usage: npm run bench -- NAME [options of the bench]\n${known.map((one) => `  ${one}\n`).join('')}Each is explained at the head of test/bench/NAME.ts.\n`
  process[asked ? 'stdout' : 'stderr'].write(asked ? usage : `golem: there is no bench «${name}».\n${usage}`)
  return asked ? 0 : 2
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
