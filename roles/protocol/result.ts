/** Expected failures as values: the language's own `Result`, which roles, core and hosts share. */
export { fail, failForNow, must, ok, type Failure, type Result } from '../program/result.ts'
