export { createEmbeddedNode } from './node.ts'
export type { EmbeddedNode, EmbeddedNodeOptions } from './node.ts'
export { createRpcServer } from './rpc-server.ts'
export type { RpcServerOptions } from './rpc-server.ts'
