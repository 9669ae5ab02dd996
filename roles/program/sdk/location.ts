/** Folder of the SDK, as stack traces write it: frames in it are not the developer's. */
const HERE = folderOf(plainPath(import.meta.url))

/** `file:line` of the nearest frame outside the SDK, without the machine's folders; empty where the engine gives no stack. */
export function callSite(): string {
  for (const line of (new Error().stack ?? '').split('\n').slice(1)) {
    const frame = /^(.*):([0-9]+):[0-9]+$/.exec(placeOf(line.trim()))
    const path = frame === null ? '' : plainPath(frame[1]!)
    if (path.includes('/') && folderOf(path) !== HERE) return `${path.slice(folderOf(path).length)}:${frame![2]}`
  }
  return ''
}

/** The place in `at name (place)` or `at place`. */
function placeOf(line: string): string {
  return line.endsWith(')') ? line.slice(line.lastIndexOf('(') + 1, -1) : line.replace(/^at (async )?/, '')
}

function plainPath(path: string): string {
  return path.replace(/^file:\/\//, '').replace(/[?#].*$/, '')
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}
