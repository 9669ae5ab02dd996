export { createRpcChain } from './rpc.ts'
export type { RpcChain, RpcChainOptions } from './rpc.ts'
export { createEmbeddedNode, createRpcServer } from './embedded/index.ts'
export type { EmbeddedNode, EmbeddedNodeOptions, Policy, RpcServerOptions } from './embedded/index.ts'
