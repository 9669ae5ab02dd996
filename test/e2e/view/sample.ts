/** What a core would say about a small local network: the material of the view tests. */
import type {
  ActorView,
  AppView,
  EngagementView,
  OfferView,
  Overview,
  RequestView,
  TickView,
  UsedView,
} from '../../../main/contract/index.ts'

export const hash = (seed: string): string => seed.repeat(64).slice(0, 64)

export const app: AppView = {
  id: hash('a0'),
  title: 'Guestbook',
  doc: 'Posts by topic, and likes that anyone can count. A moderation rule looks at every text before it may be written.',
  endpoints: [
    {
      name: 'post',
      doc: 'Writes an entry under a key of yours, unless the moderation rule finds something in the text.',
      fields: [
        { name: 'topic', type: 'text', max: 32 },
        { name: 'text', type: 'text', max: 280 },
      ],
      servers: 5,
      lanes: 2,
      observations: [
        { name: 'moderate', sees: ['text'] },
        { name: 'file', sees: ['topic'] },
      ],
      forging: { many: 2, of: 6, share: 0.4 },
    },
    {
      name: 'like',
      doc: 'Says once that you like an entry.',
      fields: [{ name: 'post', type: 'key', of: 'posts' }],
      servers: 3,
      lanes: 2,
      observations: [{ name: 'count', sees: ['post'] }],
    },
  ],
  collections: [
    {
      name: 'posts',
      doc: 'What people wrote, newest first.',
      fields: ['topic', 'text'],
      indices: [{ name: 'byTopic', kind: 'order', on: ['topic'] }],
      references: {},
    },
    {
      name: 'likes',
      doc: 'Who likes what.',
      fields: ['post'],
      indices: [{ name: 'ofPost', kind: 'count', on: ['post'] }],
      references: { post: 'posts' },
    },
  ],
}

export const actors: ActorView[] = [
  { id: 'client-1', name: 'Ada', state: 'ready', key: hash('1a'), balance: 148_220, freeKeys: { posts: 4, likes: 2 }, comingKeys: {} },
  { id: 'client-2', name: 'Grace', state: 'ready', key: hash('2b'), balance: 91_004, freeKeys: { posts: 5, likes: 5 }, comingKeys: {} },
]

const engagement = (id: string, role: EngagementView['role'], name: string, more: Partial<EngagementView>): EngagementView => ({
  id,
  role,
  name,
  app: app.id,
  title: app.title,
  key: null,
  state: '',
  detail: '',
  balance: 0,
  online: true,
  ...more,
})

const server = (index: number): EngagementView =>
  engagement(`server-${index}`, 'server', `Server ${index}`, {
    state: 'serving',
    detail: `${index} blocks of tick 41, 127.0.0.1:${4100 + index}`,
    balance: 9_000 + 731 * index,
    online: index !== 5,
  })

/** Of all nodes of a local network, in one view. */
export const engagements: EngagementView[] = [
  engagement('supervisor', 'supervisor', 'Supervisor', {
    state: 'ticking',
    detail: 'Tick 41 announced, code published up to tick 44',
    balance: 4_812_300,
  }),
  ...[1, 2, 3, 4, 5, 6].map(server),
  ...actors.map(({ id, name, key, balance }) => engagement(id, 'client', name, { key, state: 'registered', balance })),
]

export const tick: TickView = {
  number: 41,
  state: 'running',
  blocksLeft: 3,
  blocksPerTick: 8,
  estimatedMs: 12_000,
  root: hash('7d3'),
  servers: 6,
  minimumServers: 4,
}

/** The app as each of its clients here uses it; what is left out is as above. */
export const used = ({
  app: shown = app,
  actors: all = actors,
  tick: at = tick,
}: { app?: AppView; actors?: ActorView[]; tick?: TickView | null } = {}): UsedView[] =>
  all.map((actor) => ({ id: actor.id, app: shown, tick: at, actor }))

/** Job offers that a node has seen on the chain. */
export const offers: OfferView[] = [
  {
    id: hash('0f1'),
    app: hash('0f1'),
    master: hash('5e'),
    title: 'Guestbook',
    perRequest: 10,
    workBits: 18,
    height: 1_201,
    supersedes: false,
    minimumServers: 4,
    tickBlocks: 8,
    state: 'open',
  },
  {
    id: hash('0f2'),
    app: hash('0f2'),
    master: hash('8b'),
    title: 'A board of errands for the whole neighbourhood',
    perRequest: 4,
    workBits: 20,
    height: 1_250,
    supersedes: false,
    minimumServers: 4,
    tickBlocks: 8,
    state: 'declined',
  },
]

export const posts = [
  { $key: hash('c1'), $owner: hash('2b'), topic: 'bitcoin', text: 'Every block is a clock tick that nobody owns.' },
  {
    $key: hash('c2'),
    $owner: hash('1a'),
    topic: 'golem',
    text: 'The client is the one between the servers and the database. It took me a day to see how much follows from that.',
  },
  { $key: hash('c3'), $owner: hash('9f'), topic: 'golem', text: 'Hello from a key that this page has no name for.' },
]

/** Servers of one block of a request disagreed; what it opened holds a long text and a key. */
export const dispute = (state: NonNullable<RequestView['dispute']>['state'], more: Partial<NonNullable<RequestView['dispute']>> = {}) => ({
  block: 'moderate',
  servers: [hash('5e1'), hash('5e2')],
  opens: [
    {
      name: 'request.text',
      value: 'A post that nobody can unwrite, and that says more than its author wants the whole world to read. '.repeat(2),
    },
    { name: 'recent.0.author', value: hash('1a') },
    { name: 'recent.count', value: '3' },
  ],
  state,
  ...more,
})

export const request = (id: string, state: RequestView['state'], more: Partial<RequestView> = {}): RequestView => ({
  id: hash(id),
  actor: 'client-1',
  endpoint: 'post',
  arguments: { topic: 'golem', text: 'A post that nobody can unwrite.' },
  state,
  writes: [
    {
      collection: 'posts',
      key: hash(`${id}d`),
      fields: { topic: 'golem', text: 'A post that nobody can unwrite.' },
      explained: { topic: ['request.topic'], text: ['request.text'] },
      flags: [],
      rules: [],
    },
  ],
  servers: [
    { role: 'top level', id: 'server-4', sees: [] },
    { role: 'moderate', id: 'server-2', sees: ['text'] },
    { role: 'file', id: 'server-6', sees: ['topic'] },
  ],
  at: Date.UTC(2026, 0, 5, 12, 0, 0) + parseInt(id, 16) * 1000,
  ...more,
})

export const overview = (more: Partial<Overview> = {}): Overview => ({
  number: 0,
  node: { name: 'local network', network: 'regtest', wallet: 'open', balance: 0, problems: [] },
  chain: { network: 'regtest', backend: 'embedded', height: 1284, hash: hash('00e7'), available: true },
  engagements,
  apps: used(),
  requests: [],
  ...more,
})
