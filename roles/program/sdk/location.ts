/** Folder of the language, as stack traces write it: frames in it are not the developer's. */
const HERE = languageFolder(plainPath(import.meta.url))

/** Frames that an error keeps while a program is built: enough to find a developer's line under callbacks within callbacks. */
export const FRAMES = 200

/** `file:line` of the nearest frame outside the language, without the machine's folders; empty where the engine gives no stack. */
export const callSite = (): string => developerFrames(new Error().stack ?? '')[0]?.line ?? ''

/** Whole paths of the lines that were named, the latest of each: files of several folders may have one name, such as `index.ts`. */
const paths = new Map<string, string>()

/** The whole path of the file in `file:line`, as the SDK named it last; undefined for what it never named. */
export const pathOfLine = (line: string): string | undefined => paths.get(line)

interface DeveloperFrame {
  /** `file:line` */
  line: string
  /** The same with the whole path and the column. */
  place: string
  /** Whether what is called here is the developer's too, and not the language. */
  calls: boolean
}

/** The frames of a stack that are in the developer's files, nearest first. */
function developerFrames(stack: string): DeveloperFrame[] {
  const found: DeveloperFrame[] = []
  let calls = false
  for (const text of stack.split('\n')) {
    const place = placeOf(text.trim())
    const frame = /^(.*):([0-9]+):[0-9]+$/.exec(place)
    const path = frame === null ? '' : plainPath(frame[1]!)
    if (isDevelopers(path)) {
      const line = `${path.slice(folderOf(path).length)}:${frame![2]}`
      if (found.length === 0) paths.set(line, path)
      found.push({ line, place, calls })
    }
    calls = isDevelopers(path)
  }
  return found
}

const isDevelopers = (path: string): boolean => path.includes('/') && !path.startsWith('node:') && !path.startsWith(HERE)

/** The nearest line of the developer that is on a stack many times, best one where it calls a function of the developer: a recursion. */
export function recursiveLine(stack: string): string | null {
  const frames = developerFrames(stack)
  const counts = new Map<string, number>()
  for (const { place } of frames) counts.set(place, (counts.get(place) ?? 0) + 1)
  const often = frames.filter(({ place }) => counts.get(place)! > 5)
  return (often.find(({ calls }) => calls) ?? often[0])?.line ?? null
}

/** The line where an error was thrown, if that is in the developer's own code and not in the language. */
export function thrownAt(stack: string): string | null {
  const first = stack.split('\n').findIndex((line) => line.trim().startsWith('at '))
  return developerFrames(stack.split('\n')[first] ?? '')[0]?.line ?? null
}

/** The nearest line of the developer on a stack, whoever threw. */
export const nearestLine = (stack: string): string => developerFrames(stack)[0]?.line ?? ''

/** The place in `at name (place)` or `at place`; a folder may have parentheses in its name too. */
function placeOf(line: string): string {
  const named = / \(((?:file:|node:|\/|[A-Za-z]:\\).*)\)$/.exec(line)
  return named === null ? line.replace(/^at (async )?/, '') : named[1]!
}

/** The path of an address as it is on the disk. */
function plainPath(path: string): string {
  if (!path.startsWith('file://')) return path.includes('://') ? path.replace(/[?#].*$/, '') : path
  const encoded = path.slice('file://'.length).replace(/[?#].*$/, '')
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

/** The folder above `sdk`, or where all is bundled into one file, that file. */
function languageFolder(path: string): string {
  return folderOf(path).endsWith('/sdk/') ? folderOf(folderOf(path).slice(0, -1)) : path
}
