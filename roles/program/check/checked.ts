import type { Body, Program } from '../document.ts'
import type { Shape } from './shapes.ts'

const checked = new WeakSet<Program>()

/** Only the checker calls this, with a frozen copy of its own making, so that what it found stays true. */
export const markChecked = (program: Program): Program => {
  checked.add(program)
  return program
}

export const isChecked = (program: Program): boolean => checked.has(program)

const shapes = new WeakMap<Body, Shape[]>()

/** What the checker found out about the nodes of a body, for the compiler. */
export const rememberShapes = (body: Body, found: Shape[]): void => {
  shapes.set(body, found)
}

/** The shape of every node of a checked body. */
export const shapesOf = (body: Body): Shape[] => shapes.get(body)!
