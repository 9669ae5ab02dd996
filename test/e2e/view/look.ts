/** Pictures of the page in every state, for a person to look at: `node test/e2e/view/look.ts <folder>`. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from '@playwright/test'
import { enter } from '../enter.ts'
import { findChromium } from '../../tools/chromium.mjs'
import { fail, ok } from '../../../roles/protocol/result.ts'
import { type Fake, startFake } from './fake-core.ts'
import { actors, app, dispute, engagements, hash, offers, overview, request, tick, used } from './sample.ts'

const long = 'Ein Bewohnermeldeamtsverwaltungsfachangestellter '.repeat(5)
const review = request('5', 'review', {
  fee: 312,
  response: { accepted: true },
  waiting: 'the writes wait for your approval until tick 43',
})
const flagged = request('6', 'review', {
  fee: 1_204,
  arguments: { topic: 'golem', text: long },
  writes: [
    {
      ...review.writes[0]!,
      fields: { topic: 'golem', text: long, visitor: hash('de4d') },
      explained: { topic: ['request.topic'], text: ['request.text'] },
      flags: ['The field visitor holds a value that none of your inputs explains. It could be used to recognise you.'],
    },
  ],
})
const ruled = request('5', 'review', {
  fee: 312,
  response: { accepted: true },
  writes: [
    {
      ...review.writes[0]!,
      rules: [
        'This may be refused if another request of yours is faster: at most one row of votes has the same poll and owner.',
        'This may be refused if somebody, or another request of yours, is faster: the sum of change over the rows of stock with the same listing and good is at least 0.',
      ],
    },
  ],
})
const deadline = { until: 1_292, approveBefore: 1_291, margin: 1, blocksLeft: 7, estimatedMs: 14_000 }
const late = request('7', 'late', {
  error: {
    code: 'client.late',
    message:
      'The writes had to be in a block by 1292, and the chain is at 1291: approved now they may come too late (with one block in reserve). Nothing was published or paid; compose it anew.',
  },
})
const longName = 'reservations-of-rooms-in-the-large-building-by-the-river-and-others'
const life = [
  request('4', 'signed', { txid: hash('44'), fee: 312, waiting: 'in the mempool, 1 block to go' }),
  request('3', 'counted', { txid: hash('33'), document: hash('d3'), fee: 309, tick: 41 }),
  request('2', 'failed', {
    error: {
      code: 'request.no-server',
      message: 'No server for the block «moderate» answered in 20 s. Send it again: another server is asked.',
    },
  }),
  request('1', 'refused'),
]

const scenes: Record<
  string,
  { state: Partial<ReturnType<typeof overview>>; act?: (page: Page, fake: Fake) => Promise<void>; prepare?: (fake: Fake) => unknown }
> = {
  first: { state: {} },
  review: { state: { requests: [review, ...life] } },
  flagged: { state: { requests: [flagged] } },
  rule: { state: { requests: [ruled] } },
  deadline: { state: { requests: [{ ...review, deadline }, late, { ...late, id: hash('8'), again: hash('9') }] } },
  reserve: {
    state: {
      apps: used({
        app: { ...app, collections: [...app.collections, { ...app.collections[0]!, name: longName }] },
        actors: [{ ...actors[0]!, comingKeys: { likes: 3 } }],
      }),
    },
    prepare: (fake) =>
      (fake.on['use.reserve'] = () =>
        fail('client.unregistered', 'This client is not registered yet. Keys can be reserved once a tick has counted its registration.')),
    act: async (page) => (
      await page.getByText('Keys in reserve').click(),
      await page.getByRole('button', { name: 'Keep so many' }).first().click(),
      await page.getByText('not registered yet').waitFor()
    ),
  },
  out: {
    state: {
      engagements: engagements.map((one) =>
        one.name === 'Server 5'
          ? {
              ...one,
              state: 'out',
              detail:
                'server-5 could not start: The database /home/ada/.golem/local-network/server-5/state/store.sqlite is damaged (file is not a database). The others go on. «npm run wallet -- restore server-5» brings its wallet back from the seed phrase, «npm run wallet -- replace server-5» gives it a new one.',
            }
          : one,
      ),
    },
  },
  dispute: {
    state: { requests: [{ ...review, dispute: dispute('kept') }] },
    act: async (page) => await page.getByText('Show the evidence to everybody?').click(),
  },
  disputed: {
    state: {
      requests: [
        request('4', 'counted', { txid: hash('44'), tick: 41, dispute: dispute('accepted', { document: hash('d2'), tick: 44 }) }),
        request('3', 'counted', { txid: hash('33'), tick: 41, dispute: dispute('anchored', { txid: hash('d1') }) }),
        request('2', 'counted', {
          tick: 40,
          dispute: dispute('refused', {
            message: 'The tick of the request is too old: a dispute is decided within twelve ticks (dispute.late).',
          }),
        }),
      ],
    },
  },
  observers: { state: {}, act: async (page) => await page.getByText('Which server will see what').click() },
  stopped: {
    state: {
      apps: used({
        tick: {
          ...tick,
          stopped: {
            halts: true,
            message:
              'The Supervisor signed two different documents of tick 42. Nothing is sent or published until its master key has said which one holds.',
          },
        },
      }),
    },
  },
  beginning: {
    state: {
      apps: used({ tick: { ...tick, number: 0, state: 'beginning', root: '', servers: 4, blocksLeft: 6, estimatedMs: 3_600_000 } }),
    },
  },
  starting: { state: { apps: [], engagements: [] } },
  empty: {
    state: { apps: used({ actors: [{ ...actors[0]!, state: 'registering' }, actors[1]!] }) },
    prepare: (fake) => (fake.on['use.read'] = () => ok({ tick: 41, root: hash('7d3'), proved: true, local: true, rows: [] })),
  },
  failing: {
    state: { chain: { ...overview().chain, available: false, reason: 'Connection refused.' } },
    prepare: (fake) =>
      (fake.on['use.read'] = () =>
        fail('index.proof', 'Page 3 of the index does not match the root of tick 41. Read again: another peer is asked.')),
  },
  lost: {
    state: { requests: [review] },
    act: async (page, fake) => (await fake.stop(), await page.getByText('Golem does not answer.').waitFor()),
  },
  offers: { state: {}, prepare: (fake) => (fake.on['host.offers'] = () => ok(offers)) },
  sandbox: {
    state: { node: { ...overview().node, network: 'sandbox' } },
    prepare: (fake) => fake.nodes.push({ id: 'server-1', name: 'Server 1', core: fake.nodes[0]!.core }),
  },
  hosting: {
    state: { node: { ...overview().node, name: 'Server 1' }, apps: [], engagements: engagements.filter(({ name }) => name === 'Server 1') },
    prepare: (fake) => ((fake.on['host.offers'] = () => ok(offers)), fake.nodes.push({ id: 'x', name: long, core: fake.nodes[0]!.core })),
  },
  apps: { state: { apps: [...used({ actors: [actors[0]!] }), { ...used()[1]!, app: { ...app, id: hash('b0'), title: 'Poll' } }] } },
  wallet: { state: { node: { ...overview().node, wallet: 'none' }, apps: [], engagements: [] } },
  unconfirmed: { state: { node: { ...overview().node, wallet: 'unconfirmed' }, apps: [], engagements: [] } },
  audited: {
    state: {},
    act: async (page) => (await page.getByRole('button', { name: 'Audit now' }).click(), await page.getByText('roots are equal').waitFor()),
  },
}

async function shoot(browser: Browser, name: string, colorScheme: 'light' | 'dark', width: number, folder: string): Promise<void> {
  const scene = scenes[name]!
  const fake = await startFake(scene.state)
  scene.prepare?.(fake)
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } })
  await enter(page, fake.page.url)
  await page.getByRole('heading').first().waitFor()
  await scene.act?.(page, fake)
  await page.waitForTimeout(300)
  await page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: true })
  await page.close()
  await fake.stop().catch(() => undefined)
}

const folder = process.argv[2] ?? 'test-results/look'
const wanted = process.argv.slice(3)
mkdirSync(folder, { recursive: true })
const found = findChromium()
if ('missing' in found) throw new Error(found.missing)
const browser = await chromium.launch({ executablePath: found.path, args: ['--no-sandbox'] })
for (const name of wanted.length > 0 ? wanted : Object.keys(scenes)) {
  await shoot(browser, name, 'light', 1280, folder)
  await shoot(browser, name, 'dark', 1280, folder)
  await shoot(browser, name, 'light', 390, folder)
}
await browser.close()
