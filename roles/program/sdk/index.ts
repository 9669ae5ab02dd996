/** What an application imports. */
export { app, collection, compile, count, endpoint, order, sum } from './app.ts'
export type { App, Context } from './app.ts'
export type { CollectionApi, Database, IndexApi, SlotHandle } from './database.ts'
export { asList, asRecord, construct, literal, none, some, when } from './expr.ts'
export type * from './marks.ts'
export { BuildError } from './recorder.ts'
export { see } from './see.ts'
export { bool, bytes, int, key, list, map, option, record, text, tree, variant } from './types.ts'
