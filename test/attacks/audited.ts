/** What the audit of a town finds. */
import { expect } from 'vitest'
import type { AuditInput } from '../../roles/protocol/ticks/index.ts'
import { auditTown, type Town } from '../roles/supervisor/town.ts'

/** What the audit finds, by tick, and nothing where all is well. */
export async function found(town: Town, more: Partial<AuditInput> = {}): Promise<Record<number, string[]>> {
  const report = await auditTown(town, more)
  const told = report.ticks.map(({ number, equal, problems }) => [number, equal ? problems : [...problems, 'another root']] as const)
  expect(report.ok).toBe(told.every(([, problems]) => problems.length === 0))
  return Object.fromEntries(told.filter(([, problems]) => problems.length > 0))
}
