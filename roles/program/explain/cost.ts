import { isChecked } from '../check/checked.ts'
import type { Block, Effect, Endpoint, Program, Type } from '../document.ts'
import { fail, ok } from '../result.ts'
import type { Result } from '../result.ts'
import { branchesOf } from '../scopes.ts'
import { typeOfSource } from '../sources.ts'
import { own } from '../value/measure.ts'
import { cap, MOST } from './cost/bound.ts'
import { estimateBody, FURTHER, Intricate } from './cost/estimate.ts'
import type { BodyCost } from './cost/estimate.ts'
import { bytesOfType } from './cost/measure.ts'

/** What one block costs at most. 2^53 − 1 stands for that much and more. */
export interface BlockCost {
  block: string
  /** `file:line` of its `see`. */
  at: string
  steps: number
  /** Bytes of the values that it makes. */
  bytes: number
  /** Bytes of what it opens, and of its outputs, as `sizeOf` counts them. */
  inputBytes: number
  outputBytes: number
  /** Greatest number of writes on one way through it. */
  writes: number
  /** Call sites of writes. */
  sites: number
  /** Whether it may grow as far as the limits of the language or was too intricate to follow: then the numbers only say that there is no useful bound. */
  unbounded: boolean
}

export interface Cost {
  blocks: BlockCost[]
  totals: {
    blocks: number
    queries: number
    /** Rows that all queries may return together. */
    rows: number
    steps: number
    bytes: number
    writes: number
  }
}

/**
 * What a request to an endpoint costs in the worst case. No run that finishes uses more steps or bytes in a block, however its inputs
 * are chosen within their types. Takes time in proportion to the document.
 * @returns `program.unchecked`, `program.endpoint`
 */
export function costOf(program: Program, name: string): Result<Cost> {
  if (!isChecked(program)) return fail('program.unchecked', 'The program was not checked; pass what check() returned.')
  const endpoint = own(program.endpoints, name)
  if (endpoint === undefined) return fail('program.endpoint', `The program ${program.name} has no endpoint ${name}.`)
  const work = { further: FURTHER }
  const blocks = endpoint.blocks.map((block) => costOfBlock(program, endpoint, block, work))
  const total = (part: (block: BlockCost) => number): number => blocks.reduce((sum, block) => cap(sum + part(block)), 0)
  return ok({
    blocks,
    totals: {
      blocks: blocks.length,
      queries: endpoint.queries.length,
      rows: endpoint.queries.reduce((sum, { kind, limit }) => sum + (kind === 'rows' || kind === 'get' ? limit : 0), 0),
      steps: total((block) => block.steps),
      bytes: total((block) => block.bytes),
      writes: total((block) => block.writes),
    },
  })
}

function costOfBlock(program: Program, endpoint: Endpoint, block: Block, work: { further: number }): BlockCost {
  const types = block.inputs.map(({ source }) => typeOfSource(program, endpoint, source))
  const size = (all: Type[]): number => all.reduce((sum, type) => cap(sum + bytesOfType(type)), 0)
  const { charge, unbounded } = estimated(() => {
    const cost = estimateBody(block, program.collections, types, work.further)
    work.further = cost.further
    return cost
  })
  return {
    block: block.name,
    at: block.at,
    ...charge,
    inputBytes: size(types),
    outputBytes: size(block.outputs),
    writes: mostWrites(block.body.effects),
    sites: block.sites.length,
    unbounded: unbounded || charge.steps === MOST || charge.bytes === MOST,
  }
}

function estimated(work: () => Pick<BodyCost, 'charge' | 'unbounded'>): Pick<BodyCost, 'charge' | 'unbounded'> {
  try {
    return work()
  } catch (error) {
    if (error instanceof Intricate) return { charge: { steps: MOST, bytes: MOST }, unbounded: true }
    throw error
  }
}

const mostWrites = (effects: Effect[]): number =>
  effects.reduce((sum, effect) => sum + ('write' in effect ? 1 : Math.max(0, ...branchesOf(effect).map(mostWrites))), 0)
