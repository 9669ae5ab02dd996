/** Program documents written by hand, for what the SDK does not build or builds in another way. */
import { readdirSync, readFileSync } from 'node:fs'
import { check } from '../../../roles/program/index.ts'
import type { Collection, Effect, Node, Program, Result, Scope, Type, WriteSite } from '../../../roles/program/index.ts'

export interface Written {
  /** Inputs of the only block, in this order. */
  request: Record<string, Type>
  nodes: Node[]
  scopes?: Scope[]
  /** Nodes with their declared types. */
  outputs: Array<[number, Type]>
  collections?: Record<string, Collection>
  sites?: WriteSite[]
  effects?: Effect[]
}

/** A document of one endpoint `go` with one block, which opens the whole request. It answers with the block's outputs. */
export function documentOf({ request, nodes, scopes = [], outputs, collections = {}, sites = [], effects = [] }: Written): Program {
  return {
    golem: 1,
    name: 'written',
    doc: '',
    collections,
    endpoints: {
      go: {
        doc: '',
        request,
        queries: [],
        slots: sites.map(({ slot, collection }) => ({ name: `slot${slot}`, collection, state: 'fresh' })),
        blocks: [
          {
            name: 'only',
            at: 'written.ts:1',
            guard: null,
            inputs: Object.keys(request).map((field) => ({ name: field, source: { from: 'request', field } })),
            carries: [],
            sites,
            outputs: outputs.map(([, type]) => type),
            body: { scopes, nodes, outputs: outputs.map(([node]) => node), effects },
          },
        ],
        response: {
          record: Object.fromEntries(outputs.map((_, i) => [`out${i}`, { source: { from: 'block', block: 0, output: i } }])),
        },
      },
    },
  }
}

export const written = (parts: Written): Result<Program> => check(documentOf(parts))

const apps = new URL('../../../resources/apps/', import.meta.url)

/** Names and documents of the sample applications. */
export const samples = readdirSync(apps)
  .filter((file) => file.endsWith('.json'))
  .map((file) => [file, JSON.parse(readFileSync(new URL(file, apps), 'utf8')) as Program] as const)
