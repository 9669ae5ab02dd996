/** Documents show commands that need a node, people and coins. Every such line is one that golem takes: its words, its options, the number of its arguments. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../../../main/hosts/cli/main.ts'
import { repository } from '../../architecture/rules.ts'
import { wrongLines } from '../../resources/handbook/command-lines.ts'
import { blocksOf } from '../../resources/handbook/pages.ts'

const handbook = readdirSync(join(repository, 'resources', 'handbook')).map((name) => join('resources', 'handbook', name))
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  join('resources', 'host', 'README.md'),
  join('resources', 'starter', 'README.md'),
  ...handbook,
]
const textOf = (name: string): string => readFileSync(join(repository, name), 'utf8')

describe('what documents tell people to type', () => {
  it.each(documents)('in the blocks of %s golem takes', (name) => {
    const shells = blocksOf(name, textOf(name)).filter(({ lang }) => lang === 'sh')
    expect(shells.flatMap(({ text }) => wrongLines(text))).toEqual([])
  })

  it('shows every step of publishing, hosting and using', () => {
    const shown = documents.map(textOf).join('\n')
    for (const step of ['wallet create', 'wallet receive', 'publish ', 'host join', 'use ', 'call ', 'approve', 'read ', 'audit '])
      expect(shown).toMatch(new RegExp(`^golem ${step}`, 'm'))
  })

  it('in the words of help names commands that there are', () => {
    const firsts = new Set(commands.map(({ name }) => name.split(' ')[0]!).concat('help'))
    const named = commands.flatMap(({ name, doc }) => [...doc.matchAll(/\bgolem ([a-z-]+)/g)].map(([, word]) => `${name}: ${word}`))
    expect(named.length).toBeGreaterThan(20)
    expect(named.filter((one) => !firsts.has(one.split(': ')[1]!))).toEqual([])
  })

  it('finds an option, a command and a number of arguments that are none', () => {
    const wrong = ['golem use poll --waits', 'golem resume poll', 'golem host join', 'golem use golem:signet/5d41… --wait']
    expect(wrongLines(wrong.join('\n')).map((line) => line.split(':')[0])).toEqual([
      'golem use poll --waits',
      'golem resume poll',
      'golem host join',
    ])
  })
})
