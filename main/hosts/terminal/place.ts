/** Where a path that somebody typed leads. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'

/** The folder where the command was typed: npm runs its scripts in the repository, wherever that was. */
export const callersFolder = (): string => process.env['INIT_CWD'] ?? process.cwd()

/**
 * The data folder of a local network.
 * @param given by --folder; then GOLEM_FOLDER counts, where it is set and not empty
 * @param name of the folder in ~/.golem without both
 */
export const networkFolder = (given: string | undefined, name: string): string =>
  resolve(callersFolder(), given ?? (process.env['GOLEM_FOLDER'] || join(homedir(), '.golem', name)))

/** From here on this process and those that it starts make files and folders that nobody but their owner reads, in whatever folder they were told to use. */
export const keepToOwner = (): void => void process.umask(0o077)
