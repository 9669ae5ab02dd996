/** Completion for fish (3 and newer). */
import type { Entry, Flag, Tree } from './tree.ts'

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const flagLine = (at: string, { name, doc, takes }: Flag): string => {
  const form = name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
  const value = takes === 'nothing' ? '' : takes === 'file' ? ' -r -F' : takes === 'anything' ? ' -x' : ` -x -a ${quoted(takes.join(' '))}`
  return `complete -c golem -n ${at} ${form}${value} -d ${quoted(doc)}`
}

function entryLines({ path, next, flags, files }: Entry): string[] {
  const [exact, within] = [quoted(`__golem_at ${quoted(path)}`), quoted(`__golem_in ${quoted(path)}`)]
  return [
    ...next.map(({ word, summary }) => `complete -c golem -n ${exact} -a ${quoted(word)} -d ${quoted(summary)}`),
    ...flags.map((flag) => flagLine(within, flag)),
    ...(files ? [`complete -c golem -n ${within} -F`] : []),
  ]
}

export const fishScript = (
  tree: Tree,
): string => `# Completion of golem for fish: golem completion fish > ~/.config/fish/completions/golem.fish

set -g __golem_paths ${tree
  .filter(({ path }) => path !== '')
  .map(({ path }) => quoted(path))
  .join(' ')}

# The words that name a command, of what was typed before the cursor; fails where others follow them.
function __golem_path
    set -l path ''
    set -l rest 0
    for word in (commandline -opc)[2..]
        set -l longer (string trim -- "$path $word")
        if test $rest = 0; and contains -- $longer $__golem_paths
            set path $longer
        else
            set rest 1
        end
    end
    echo $path
    test $rest = 0
end

# Whether exactly these words were typed.
function __golem_at
    set -l path (__golem_path)
    and test "$path" = "$argv[1]"
end

# Whether what was typed is about that command.
function __golem_in
    set -l path (__golem_path)
    test "$path" = "$argv[1]"
end

complete -c golem -f
${tree.flatMap(entryLines).join('\n')}
`
