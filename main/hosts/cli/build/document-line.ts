/** From a path in the program document back to the developer's source. */
import { readFileSync } from 'node:fs'
import { own, type Program } from '../../../../roles/program/index.ts'

/**
 * The line that a path of the document most probably comes from: that of the observation point where there is one, else where the
 * source writes the path's names one after the other; null when it does not.
 * @example lineOfPath('app.ts', '/collections/posts/fields/topic') // the line of «topic:» after «posts:» after «collections:»
 */
export function lineOfPath(file: string, path: string, program?: Program): number | null {
  return lineOfBlock(path, program) ?? lineOfNames(readFileSync(file, 'utf8'), path)
}

function lineOfBlock(path: string, program: Program | undefined): number | null {
  const match = /^\/endpoints\/(\w+)\/blocks\/(\d+)/.exec(path)
  const block = match === null ? undefined : own(program?.endpoints ?? {}, match[1]!)?.blocks[Number(match[2])]
  const line = /:(\d+)$/.exec(block?.at ?? '')
  return line === null ? null : Number(line[1])
}

function lineOfNames(text: string, path: string): number | null {
  let [from, found] = [0, 0]
  for (const name of path.split('/').filter((part) => /^[A-Za-z]\w*$/.test(part))) {
    const match = new RegExp(`(^|[^\\w$.])['"]?${name}['"]?\\s*[:(,]`, 'm').exec(text.slice(from))
    if (match === null) continue
    found++
    from += match.index + match[1]!.length
  }
  return found < 2 ? null : text.slice(0, from).split('\n').length
}
