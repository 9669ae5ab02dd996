import type { Program } from '../document.ts'

const checked = new WeakSet<Program>()

/** Only the checker calls this, with a frozen copy of its own making, so that what it found stays true. */
export const markChecked = (program: Program): Program => {
  checked.add(program)
  return program
}

export const isChecked = (program: Program): boolean => checked.has(program)
