/** What makes network namespaces: $GOLEM_IP, `ip` on PATH, else Debian's package (as root). */
import process from 'node:process'
import { findTool, prepareTool } from './apt.mjs'

const tool = { variable: 'GOLEM_IP', names: ['ip'], debianPackage: 'iproute2' }

/** Debian keeps it in a folder that is not on everybody's PATH. */
const withSystem = (env) => ({ ...env, PATH: `${env.PATH ?? ''}:/usr/sbin:/sbin` })

/** @returns {{ path: string } | { missing: string }} */
export const findIp = (env = process.env) => findTool(tool, withSystem(env))

/** @returns {{ path: string } | { missing: string }} */
export const prepareIp = (say) => {
  const found = findIp()
  return 'path' in found ? found : prepareTool(tool, say)
}
