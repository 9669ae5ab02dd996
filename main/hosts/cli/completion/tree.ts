/** What can be typed, word by word: the same for all shells. */
import { flagsOf, type Command } from '../command.ts'
import type { Option } from '../../terminal/options.ts'

export interface Flag {
  /** With its dashes. */
  name: string
  doc: string
  /** What follows it: nothing, one of some words, the name of a file, or anything. */
  takes: 'nothing' | 'file' | 'anything' | readonly string[]
}

export interface Entry {
  /** The words that name it; empty for the beginning. */
  path: string
  summary: string
  /** The words that may follow it at once, and what they are. */
  next: ReadonlyArray<{ word: string; summary: string }>
  flags: readonly Flag[]
  files: boolean
}

/** One entry for each beginning of a command line. */
export type Tree = readonly Entry[]

const FILES = /^(FILE|FOLDER)$/

function takesOf(option: Option): Flag['takes'] {
  if (option.kind === 'flag') return 'nothing'
  if (option.kind === 'choice') return option.choices
  return FILES.test(option.value) ? 'file' : 'anything'
}

const flagsAt = (command: Command): Flag[] =>
  Object.entries(flagsOf(command)).flatMap(([name, option]) => {
    const flag = { name: `--${name}`, doc: option.doc, takes: takesOf(option) }
    return option.short === undefined ? [flag] : [flag, { ...flag, name: `-${option.short}` }]
  })

export function treeOf(commands: readonly Command[]): Tree {
  const words = commands.map((command) => ({ command, words: command.name.split(' ') }))
  const firsts = [...new Set(words.map((one) => one.words[0]!))]
  const summaryOf = (name: string): string => commands.find((one) => one.name === name)?.summary ?? `commands of ${name}`
  const first = firsts.map((word) => ({ word, summary: summaryOf(word) }))
  const under = (word: string) =>
    words.flatMap((one) => (one.words.length === 2 && one.words[0] === word ? [{ word: one.words[1]!, summary: one.command.summary }] : []))
  const entryOf = (path: string): Entry => {
    const command = commands.find(({ name }) => name === path)
    return {
      path,
      summary: summaryOf(path),
      next: path.includes(' ') ? [] : under(path),
      flags: command === undefined ? [] : flagsAt(command),
      files: command?.files === true,
    }
  }
  const help = { word: 'help', summary: 'explain a command' }
  return [
    { path: '', summary: '', next: [...first, help], flags: [], files: false },
    { path: 'help', summary: help.summary, next: first, flags: [], files: false },
    ...firsts.flatMap((word) => {
      const next = under(word)
      return [
        entryOf(word),
        ...next.map((one) => entryOf(`${word} ${one.word}`)),
        ...(next.length === 0 ? [] : [{ path: `help ${word}`, summary: '', next, flags: [], files: false }]),
      ]
    }),
    entryOf('completion'),
  ].filter(({ path }, at, all) => all.findIndex((one) => one.path === path) === at)
}
