/** The small app of these tests. */
import { check, type Program } from '../../../roles/program/index.ts'
import { must } from '../../../roles/protocol/result.ts'

const text = { kind: 'text', max: 100 } as const

/** `post` writes a note when its text is not empty: block 0 looks at the text, block 1 moves it unopened. `edit` changes one's own note. */
export const notes: Program = must(
  check({
    golem: 1,
    name: 'notes',
    doc: '',
    collections: {
      notes: {
        doc: '',
        fields: { author: { kind: 'text', max: 64 }, text },
        initial: null,
        indices: { byAuthor: { kind: 'order', on: ['author'] }, perAuthor: { kind: 'count', on: ['author'] } },
      },
    },
    endpoints: {
      post: {
        doc: '',
        request: { text },
        queries: [],
        slots: [{ name: 'note', collection: 'notes', state: 'fresh' }],
        blocks: [
          {
            name: 'look',
            at: 'notes.ts:1',
            guard: null,
            inputs: [{ name: 'text', source: { from: 'request', field: 'text' } }],
            carries: [],
            sites: [],
            outputs: [{ kind: 'bool' }],
            body: {
              scopes: [],
              nodes: [
                { op: 'input', input: 0 },
                { op: 'const', type: text, value: '' },
                { op: 'equal', args: [0, 1] },
                { op: 'not', args: [2] },
              ],
              outputs: [3],
              effects: [],
            },
          },
          {
            name: 'write',
            at: 'notes.ts:2',
            guard: { from: 'block', block: 0, output: 0 },
            inputs: [{ name: 'caller', source: { from: 'caller' } }],
            carries: [{ from: 'request', field: 'text' }],
            sites: [{ collection: 'notes', slot: 0, fields: ['author', 'text'] }],
            outputs: [],
            body: {
              scopes: [],
              nodes: [{ op: 'input', input: 0 }],
              outputs: [],
              effects: [{ write: 0, fields: { author: { node: 0 }, text: { carry: 0 } } }],
            },
          },
        ],
        response: { source: { from: 'block', block: 0, output: 0 } },
      },
      edit: {
        doc: '',
        request: { text },
        queries: [],
        slots: [{ name: 'note', collection: 'notes', state: 'owned' }],
        blocks: [
          {
            name: 'change',
            at: 'notes.ts:3',
            guard: null,
            inputs: [{ name: 'text', source: { from: 'request', field: 'text' } }],
            carries: [],
            sites: [{ collection: 'notes', slot: 0, fields: ['text'] }],
            outputs: [],
            body: { scopes: [], nodes: [{ op: 'input', input: 0 }], outputs: [], effects: [{ write: 0, fields: { text: { node: 0 } } }] },
          },
        ],
        response: { source: { from: 'request', field: 'text' } },
      },
    },
  }),
)
