export function projectNode(root: string): string
export function whyInstall(root: string): string | undefined
export function installMissing(root: string, report?: 'stdout' | 'stderr'): Promise<{ ok: true } | { ok: false; message: string }>
export function nodeThatStays(root: string, env?: Record<string, string | undefined>, running?: string): string
export function linkNode(root: string): void
