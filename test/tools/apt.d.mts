export interface Tool { variable: string; names: string[]; debianPackage: string }
export type Found = { path: string } | { missing: string }
export function onPath(names: string[], env?: Record<string, string | undefined>): string | undefined
export function findTool(tool: Tool, env?: Record<string, string | undefined>): Found
export function prepareTool(tool: Tool, say?: (line: string) => void): Found
