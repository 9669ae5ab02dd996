/** `golem completion`: what a shell has to know to complete the command, made from the table of commands. */
import { ok } from '../../../../roles/protocol/result.ts'
import { wrongUsage, type Command } from '../command.ts'
import { bashScript } from '../completion/bash.ts'
import { fishScript } from '../completion/fish.ts'
import { treeOf, type Tree } from '../completion/tree.ts'
import { zshScript } from '../completion/zsh.ts'

const SHELLS: Readonly<Record<string, (tree: Tree) => string>> = { bash: bashScript, zsh: zshScript, fish: fishScript }

/** @param all the commands that are completed; asked for when it runs, because this is one of them */
export const completionCommand = (all: () => readonly Command[]): Command => ({
  name: 'completion',
  summary: 'print what bash, zsh or fish has to know to complete this command',
  usage: 'bash|zsh|fish',
  takes: [1, 1],
  flags: {},
  doc: `Prints a script for the shell. For bash: add the line «source <(golem completion bash)» to ~/.bashrc. For zsh: write it into a file _golem in a folder of
$fpath, or add the same line to ~/.zshrc after compinit. For fish: write it into ~/.config/fish/completions/golem.fish. Made anew after an update, it knows the new commands.`,
  example: 'golem completion fish > ~/.config/fish/completions/golem.fish',
  run({ positionals: [shell] }) {
    const script = Object.hasOwn(SHELLS, shell!) ? SHELLS[shell!]!(treeOf(all())) : undefined
    if (script === undefined)
      return Promise.resolve(wrongUsage(`There are completions for ${Object.keys(SHELLS).join(', ')}, and none for «${shell}».`))
    return Promise.resolve(ok({ text: script, value: { shell, script } }))
  },
})
