/** A node in a process of its own, to be killed by a test: serves the folder named on the command line and prints its address. */
import { createEmbeddedNode, createRpcServer } from '../../../main/adapters/chain/index.ts'

const server = await createRpcServer(createEmbeddedNode({ folder: process.argv[2] ?? '' }), { port: 0, user: 'u', password: 'p' })
console.log(server.url)
