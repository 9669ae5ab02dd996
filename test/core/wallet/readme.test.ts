import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { phases } from '../../../main/core/wallet/index.ts'

it('the README’s table of phases is the one of the code', () => {
  const text = readFileSync(new URL('../../../main/core/wallet/README.md', import.meta.url), 'utf8')
  const rows = Object.entries(phases).map(
    ([phase, { known, next, holds }]) => `| ${phase} | ${known} | ${next} | ${holds ? 'yes' : 'no'} |`,
  )
  for (const row of rows) expect(text).toContain(row)
})
