/** A standard BitTorrent client, to hold our torrents against: $GOLEM_ARIA2, aria2c on PATH, else Debian's package (as root). */
import process from 'node:process'
import { findTool, prepareTool } from './apt.mjs'

const tool = { variable: 'GOLEM_ARIA2', names: ['aria2c'], debianPackage: 'aria2' }

/** @returns {{ path: string } | { missing: string }} */
export const findAria2 = (env = process.env) => findTool(tool, env)

/** @returns {{ path: string } | { missing: string }} */
export const prepareAria2 = (say) => prepareTool(tool, say)
