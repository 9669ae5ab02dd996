/** What there is to say of a node before it shows an app. */
import type { NodeView, Overview } from '../../main/contract/index.ts'

/** What a person is to do before the node can work, in a title and one sentence with what to type; null where its wallet is open. */
export function walletHint(wallet: NodeView['wallet']): { title: string; before: string; type: string; after: string } | null {
  switch (wallet) {
    case 'none':
      return { title: 'This node has no wallet yet', before: 'Type', type: 'golem wallet create', after: 'in a terminal to make one.' }
    case 'unconfirmed':
      return {
        title: 'The wallet is not confirmed yet',
        before: 'Type',
        type: 'golem wallet create',
        after: 'in a terminal again to see its words and give those back that are asked for.',
      }
    case 'locked':
      return { title: 'The wallet is locked', before: 'Type', type: 'golem wallet unlock', after: 'in a terminal to go on.' }
    case 'open':
      return null
  }
}

/** What stands in place of a list of engagements that is empty: while the wallet is closed, what a node takes part in is not known, and not lost. */
export function nothingHere(wallet: NodeView['wallet'] | undefined): string {
  switch (wallet) {
    case undefined:
      return 'The node has not said yet what it takes part in.'
    case 'none':
    case 'unconfirmed':
      return 'Nothing is supervised, hosted or used here before the wallet is ready.'
    case 'locked':
      return 'What is supervised, hosted and used here is shown, and goes on, once the wallet is unlocked: golem wallet unlock.'
    case 'open':
      return 'Nothing is supervised, hosted or used here yet.'
  }
}

/** Whether an app is on its way without anybody doing something: this node began to use one, or it is part of a play network that starts. */
export function appIsComing({ node, engagements }: Pick<Overview, 'node' | 'engagements'>): boolean {
  if (node.wallet !== 'open') return false
  if (engagements.some(({ role }) => role === 'client')) return true
  return (node.network === 'sandbox' || node.network === 'regtest') && engagements.length === 0
}
