/** Completion for zsh (5 and newer). */
import type { Entry, Flag, Tree } from './tree.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
/** `word:what it is`, as _describe takes it. */
const described = (word: string, doc: string): string => quoted(`${word.replaceAll(':', '\\:')}:${doc}`)

const valueCase = (path: string, { name, takes }: Flag): string[] => {
  if (takes === 'nothing') return []
  const what = takes === 'file' ? 'kind=file' : takes === 'anything' ? 'kind=any' : `kind=words items=(${takes.map(quoted).join(' ')})`
  return [`    ${quoted(`${path}:${name}`)}) ${what} ;;`]
}

const entryCase = ({ path, next, flags, files }: Entry): string =>
  `    ${quoted(path)}) next=(${next.map(({ word, summary }) => described(word, summary)).join(' ')}); flags=(${flags
    .map(({ name, doc }) => described(name, doc))
    .join(' ')}); files=${files ? 1 : 0} ;;`

export const zshScript = (tree: Tree): string => `#compdef golem
# Completion of golem for zsh: a file _golem in a folder of $fpath, or source <(golem completion zsh) after compinit

# Sets next, flags and files of what was typed so far; fails where nothing begins so.
_golem_entry() {
  next=() flags=() files=0
  case "$1" in
${tree.map(entryCase).join('\n')}
    *) return 1 ;;
  esac
}

# Sets kind, and items where they are words, of what follows a flag.
_golem_value() {
  kind='' items=()
  case "$1" in
${tree.flatMap((entry) => entry.flags.flatMap((flag) => valueCase(entry.path, flag))).join('\n')}
  esac
}

# Sets kind (words, file or any) and items, from words and CURRENT.
_golem_candidates() {
  local path_='' word at after=0
  local -a next flags
  integer files
  for ((at = 2; at < CURRENT; at++)); do
    word=$words[at]
    [[ $word == -* ]] && after=1
    ((after)) && continue
    if _golem_entry "\${path_:+$path_ }$word"; then path_="\${path_:+$path_ }$word"; else after=1; fi
  done
  _golem_entry "$path_"
  _golem_value "$path_:$words[CURRENT-1]"
  [[ -n $kind ]] && return
  kind=words
  if [[ $words[CURRENT] == -* ]]; then items=($flags)
  else
    ((after)) || items=($next)
    ((files)) && kind=file
  fi
}

_golem() {
  local kind
  local -a items
  _golem_candidates
  (($#items)) && _describe -V golem items
  [[ $kind == file ]] && _files
  return 0
}

if [[ $funcstack[1] == _golem ]]; then _golem "$@"; elif (($+functions[compdef])); then compdef _golem golem; fi
`
