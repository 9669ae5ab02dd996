/** Completion for bash (4 and newer), without the package bash-completion. */
import type { Entry, Flag, Tree } from './tree.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

/** The case of `path:flag` that says what follows the flag. */
const valueCase = (path: string, { name, takes }: Flag): string[] => {
  if (takes === 'nothing') return []
  const what = takes === 'file' ? '@file' : takes === 'anything' ? '@any' : takes.join(' ')
  return [`    ${quoted(`${path}:${name}`)}) echo ${quoted(what)} ;;`]
}

const entryCase = ({ path, next, flags, files }: Entry): string =>
  `    ${quoted(path)}) words=${quoted(next.map(({ word }) => word).join(' '))} flags=${quoted(flags.map(({ name }) => name).join(' '))} files=${files ? 1 : 0} ;;`

export const bashScript = (tree: Tree): string => `# Completion of golem for bash: source <(golem completion bash)

# What follows a flag: words, @file, @any, or nothing.
_golem_value() {
  case "$1" in
${tree.flatMap((entry) => entry.flags.flatMap((flag) => valueCase(entry.path, flag))).join('\n')}
  esac
}

# Sets words, flags and files of what was typed so far; fails where nothing begins so.
_golem_entry() {
  words='' flags='' files=0
  case "$1" in
${tree.map(entryCase).join('\n')}
    *) return 1 ;;
  esac
}

_golem() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' words flags files word after=0 at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    [[ "$word" == -* ]] && after=1
    ((after)) && continue
    if _golem_entry "\${path:+$path }$word"; then path="\${path:+$path }$word"; else after=1; fi
  done
  _golem_entry "$path"
  local value
  value=$(_golem_value "$path:$prev")
  COMPREPLY=()
  if [[ -n "$value" ]]; then
    case "$value" in
      @file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
      @any) ;;
      *) mapfile -t COMPREPLY < <(compgen -W "$value" -- "$cur") ;;
    esac
  elif [[ "$cur" == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$flags" -- "$cur")
  else
    ((after)) || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    if ((files)); then
      compopt -o filenames 2>/dev/null
      local file
      while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")
    fi
  fi
}
complete -F _golem golem
`
