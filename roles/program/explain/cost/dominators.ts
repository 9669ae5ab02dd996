/** A tree that grows at its leaves and finds the nearest common ancestor of two vertices in logarithmic time. */
export interface Dominators {
  /** Adds a vertex below another one; −1 for the root, which comes first. */
  add(above: number): void
  meet(a: number, b: number): number
}

/** Every vertex points to its parent and to one ancestor further up, at distances that make the way to any ancestor short. */
export function createDominators(): Dominators {
  const parents: number[] = []
  const jumps: number[] = []
  const depths: number[] = []

  function add(above: number): void {
    const index = parents.length
    if (above < 0) {
      parents.push(index)
      jumps.push(index)
      depths.push(0)
      return
    }
    const jump = jumps[above]!
    const even = depths[above]! - depths[jump]! === depths[jump]! - depths[jumps[jump]!]!
    parents.push(above)
    jumps.push(even ? jumps[jump]! : above)
    depths.push(depths[above]! + 1)
  }

  function lift(from: number, depth: number): number {
    let at = from
    while (depths[at]! > depth) at = depths[jumps[at]!]! >= depth ? jumps[at]! : parents[at]!
    return at
  }

  function meet(first: number, second: number): number {
    let a = lift(first, depths[second]!)
    let b = lift(second, depths[a]!)
    while (a !== b) {
      const apart = jumps[a] !== jumps[b]
      a = apart ? jumps[a]! : parents[a]!
      b = apart ? jumps[b]! : parents[b]!
    }
    return a
  }

  return { add, meet }
}
