/** Unwinds a check; `check` makes it a failure. */
export class Problems extends Error {
  readonly code: string
  constructor(code: string, path: string, problem: string) {
    super(`${path === '' ? '/' : path.slice(0, 300)}: ${problem.replace(/\.$/, '')}.`)
    this.code = code
  }
}
