import { expect, type Locator } from '@playwright/test'
import { fail, ok } from '../../roles/protocol/result.ts'
import { weakTexts } from './view/contrast.mjs'
import { test } from './view/open.ts'
import { actors, app, dispute, engagements, hash, offers, posts, request, used } from './view/sample.ts'

test('posts are read by topic, with likes, owner and the root they are proved against', async ({ page, open }) => {
  const { fake } = await open()
  const first = page.getByRole('listitem').filter({ hasText: 'Every block is a clock tick' })
  await expect(first).toContainText('Likes 3')
  await expect(first).toContainText('Grace')
  await expect(page.getByText("Proved against tick 41's root")).toBeVisible()
  await page.getByRole('radio', { name: 'golem' }).check({ force: true })
  await expect(first).toBeHidden()
  expect(
    fake.calls.findLast(({ name, args }) => name === 'use.read' && (args as { collection: string }).collection === 'posts')?.args,
  ).toEqual({
    app: 'client-1',
    collection: 'posts',
    index: 'byTopic',
    equals: ['golem'],
    limit: 50,
    descending: true,
  })
})

test('[J2] a person accepts or declines the job offers that the node has seen', async ({ page, open }) => {
  const { fake } = await open({}, (core) => (core.on['host.offers'] = () => ok(offers)))
  const list = page.getByRole('region', { name: 'Job offers' }).getByRole('listitem')
  await expect(list).toHaveCount(2)
  await expect(list.first()).toContainText('10 sats a request')
  await expect(list.last()).toContainText('declined')
  await expect(list.last().getByRole('button', { name: 'Decline' })).toHaveCount(0)
  fake.on['host.decline'] = () => fail('engagement.none', 'This node has seen no such job offer on the chain.')
  await list.first().getByRole('button', { name: 'Decline' }).click()
  await expect(page.getByText('This node has seen no such job offer on the chain.')).toBeVisible()
  fake.on['host.offers'] = () => ok(offers.map((one, at) => ({ ...one, state: at === 0 ? 'accepted' : one.state })))
  await list.first().getByRole('button', { name: 'Accept' }).click()
  // None is open any more.
  await expect(page.getByRole('heading', { name: 'Job offers' })).toHaveCount(0)
  expect(fake.calls.filter(({ name }) => name === 'host.join' || name === 'host.decline')).toEqual([
    { name: 'host.decline', args: { offer: offers[0]!.id } },
    { name: 'host.join', args: { offer: offers[0]!.id } },
  ])
})

test('job offers come with a block, and where no single node answers there are none', async ({ page, open }) => {
  const { fake } = await open({}, (core) => (core.on['host.offers'] = () => fail('network.nobody', 'No participant answers to this.')))
  await expect.poll(() => fake.calls.some(({ name }) => name === 'host.offers')).toBe(true)
  await expect(page.getByRole('heading', { name: 'Guestbook' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Job offers' })).toHaveCount(0)
  await expect(page.getByText('No participant answers to this.')).toHaveCount(0)
  fake.on['host.offers'] = () => ok(offers)
  fake.show({ chain: { ...fake.state.chain, height: 1_285 } })
  await expect(page.getByRole('region', { name: 'Job offers' }).getByRole('listitem')).toHaveCount(2)
})

test('rows without a proof are called so', async ({ page, open }) => {
  await open(
    {},
    (core) => (core.on['use.read'] = () => ok({ tick: 41, root: hash('7d3'), proved: false, local: false, rows: [posts[0]!] })),
  )
  await expect(page.getByText('Not proved: do not rely on these rows.')).toBeVisible()
})

test('the form follows the endpoint, names what is wrong with a field and sends what was typed', async ({ page, open }) => {
  const { fake } = await open()
  await page.getByRole('button', { name: 'Send post' }).click()
  await expect(page.getByLabel('Topic')).toBeFocused()
  await expect(page.getByText('Please fill this in.')).toHaveCount(2)
  await page.getByLabel('Topic').fill('golem')
  await page.getByLabel('Text').fill('é'.repeat(281))
  await page.getByRole('button', { name: 'Send post' }).click()
  await expect(page.getByText('Too long by 1; at most 280 characters.')).toBeVisible()
  expect(fake.calls.some(({ name }) => name === 'use.request')).toBe(false)
  await page.getByLabel('Text').fill('Hello <b>world</b>')
  await page.getByRole('button', { name: 'Send post' }).click()
  await expect(page.getByLabel('Text')).toHaveValue('')
  expect(fake.calls.find(({ name }) => name === 'use.request')?.args).toEqual({
    app: 'client-1',
    endpoint: 'post',
    arguments: { topic: 'golem', text: 'Hello <b>world</b>' },
  })
})

test('a refused request keeps what was typed and says what to do', async ({ page, open }) => {
  await open(
    {},
    (core) => (core.on['use.request'] = () => fail('client.no-key', 'No free key for posts is left. Reserve more keys, then send again.')),
  )
  await page.getByLabel('Topic').fill('golem')
  await page.getByLabel('Text').fill('kept')
  await page.getByRole('button', { name: 'Send post' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Reserve more keys' })).toBeVisible()
  await expect(page.getByLabel('Text')).toHaveValue('kept')
})

test('like is one press from the post, then one more to send', async ({ page, open }) => {
  const { fake } = await open()
  await page.getByRole('listitem').filter({ hasText: 'Every block is' }).getByRole('button', { name: 'Like' }).click()
  await expect(page.getByRole('button', { name: 'Send like' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect
    .poll(() => fake.calls.find(({ name }) => name === 'use.request')?.args)
    .toEqual({ app: 'client-1', endpoint: 'like', arguments: { post: posts[0]!.$key } })
})

test('the review shows every field, what explains it, who saw it and the fee, and Approve publishes once', async ({ page, open }) => {
  const { fake } = await open({ requests: [request('5', 'review', { fee: 312 })] }, (core) => {
    core.on['use.approve'] = () => (
      core.move('5', { state: 'signed', txid: hash('44'), waiting: 'in the mempool, 1 block to go' }),
      ok({ txid: hash('44') })
    )
  })
  const card = page.getByRole('article', { name: /Request Post/ })
  await expect(card).toContainText('A post that nobody can unwrite.')
  await expect(card).toContainText('comes from your text')
  await expect(card).toContainText('Server 4 top level saw structure only')
  await expect(card).toContainText('Server 2 moderate saw text')
  await expect(card).toContainText('fee of 312 sats')
  await card.getByRole('button', { name: 'Approve' }).dblclick()
  await expect(card).toContainText('In the mempool, 1 block to go.')
  await expect(card.getByRole('button', { name: 'Approve' })).toBeHidden()
  expect(fake.calls.filter(({ name }) => name === 'use.approve').map(({ args }) => args)).toEqual([{ id: hash('5') }])
  fake.move('5', { state: 'counted', tick: 42, waiting: undefined, document: hash('d5') })
  await expect(card).toContainText('In the index')
  // What golem verify takes.
  await expect(card.getByRole('button', { name: 'Copy SHA-256 of the update' })).toHaveAttribute('title', hash('d5'))
  await expect(card).toContainText('Tick 42')
})

test('a fee is raised while the transaction waits, and no longer once a block has it', async ({ page, open }) => {
  const { fake } = await open({ requests: [request('5', 'signed', { fee: 312, txid: hash('44'), waiting: 'in the mempool' })] }, (core) => {
    core.on['use.bump'] = () => (core.move('5', { txid: hash('78'), fee: 640 }), ok({ txid: hash('78'), fee: 640 }))
  })
  const card = page.getByRole('article', { name: /Request Post/ })
  await card.getByRole('button', { name: 'Raise the fee' }).dblclick()
  await expect(card).toContainText('Replaced; it now pays 640 sats.')
  await expect(card).toContainText('Fee 640 sats')
  expect(fake.calls.filter(({ name }) => name === 'use.bump').map(({ args }) => args)).toEqual([{ id: hash('5'), feeRate: null }])
  fake.on['use.bump'] = () => fail('wallet.funds-short', '90 sats are missing: send at least that much to a receive address of this wallet')
  await card.getByRole('button', { name: 'Raise the fee' }).click()
  await expect(card).toContainText('90 sats are missing')
  fake.move('5', { state: 'anchored', waiting: 'in a block' })
  await expect(card.getByRole('button', { name: 'Raise the fee' })).toBeHidden()
})

test('[R7] the review says until when it counts and why, and what came too late is composed anew with one press', async ({
  page,
  open,
}) => {
  const deadline = { until: 1_292, approveBefore: 1_291, margin: 1, blocksLeft: 7, estimatedMs: 14_000 }
  const failure = fail('client.late', 'The writes had to be in a block by 1292. Nothing was published or paid; compose it anew.')
  const { fake } = await open({ requests: [request('5', 'review', { deadline })] }, (core) => {
    core.on['use.approve'] = () => (core.move('5', { state: 'late', error: failure.error, deadline: undefined }), failure)
    core.on['use.again'] = () => (core.move('5', { again: hash('e7') }), ok({ id: hash('e7') }))
  })
  const card = page.getByRole('article', { name: /Request Post/ })
  await expect(card).toContainText('Approve before block 1,291 (7 blocks, about 14 s).')
  await expect(card).toContainText('only in a block up to 1,292')
  await expect(card).toContainText('One block is left for the transaction')
  await card.getByRole('button', { name: 'Approve' }).click()
  await expect(card).toContainText('Too late')
  await expect(card.getByRole('button', { name: 'Approve' })).toBeHidden()
  await card.getByRole('button', { name: 'Compose anew' }).dblclick()
  await expect(card).toContainText('Composed anew as request')
  expect(fake.calls.filter(({ name }) => name === 'use.again').map(({ args }) => args)).toEqual([{ id: hash('5') }])
})

test('[K1] keys are reserved on the page, and a number out of bounds is not sent', async ({ page, open }) => {
  const { fake } = await open()
  await page.getByText('Keys in reserve').click()
  await page.getByLabel('Likes', { exact: true }).fill('65')
  await expect(page.getByRole('button', { name: 'Keep so many' }).last()).toBeDisabled()
  await page.getByLabel('Likes', { exact: true }).fill('6')
  await page.getByRole('button', { name: 'Keep so many' }).last().click()
  await expect(page.getByText('6 keys for likes reserved')).toBeVisible()
  expect(fake.calls.filter(({ name }) => name === 'use.reserve').map(({ args }) => args)).toEqual([
    { app: 'client-1', collection: 'likes', count: 6 },
  ])
})

test('Refuse drops the writes', async ({ page, open }) => {
  const { fake } = await open(
    { requests: [request('5', 'review')] },
    (core) => (core.on['use.refuse'] = () => (core.move('5', { state: 'refused' }), ok(null))),
  )
  await page.getByRole('button', { name: 'Refuse' }).click()
  await expect(page.getByText('Refused by you')).toBeVisible()
  expect(fake.calls.some(({ name }) => name === 'use.approve')).toBe(false)
})

test('[R6] what no input explains is flagged before approval, on the button too', async ({ page, open }) => {
  const plain = request('5', 'review')
  const write = {
    ...plain.writes[0]!,
    fields: { text: 'x', visitor: hash('de4d') },
    explained: { text: ['request.text'] },
    flags: ['The field visitor is explained by none of your inputs.'],
  }
  await open({ requests: [{ ...plain, writes: [write] }] })
  await expect(page.getByText('Warning: The field visitor is explained by none of your inputs.')).toBeVisible()
  await expect(page.getByText('no input of yours explains this')).toHaveCount(1)
  await expect(page.getByRole('button', { name: 'Approve despite 1 warning' })).toBeVisible()
})

test('[R6] a write that may be refused if somebody is faster says so before approval, without a warning', async ({ page, open }) => {
  const plain = request('5', 'review')
  const rule = 'This may be refused if somebody, or another request of yours, is faster: at most one row of posts has the same topic.'
  await open({ requests: [{ ...plain, writes: [{ ...plain.writes[0]!, rules: [rule] }] }] })
  await expect(page.getByText(rule)).toBeVisible()
  await expect(page.getByText('Warning:')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Approve', exact: true })).toBeVisible()
})

test('an app that writes nothing says why', async ({ page, open }) => {
  await open({
    requests: [
      request('5', 'nothing to write', {
        writes: [],
        response: { accepted: false, reason: 'The text contains a word that is not allowed here.' },
      }),
    ],
  })
  const card = page.getByRole('article', { name: /Nothing to write/ })
  await expect(card).toContainText('Accepted: no')
  await expect(card).toContainText('The text contains a word that is not allowed here.')
  await expect(card.getByRole('button', { name: 'Approve' })).toHaveCount(0)
})

test('an approval that fails says why and can be repeated', async ({ page, open }) => {
  await open(
    { requests: [request('5', 'review')] },
    (core) =>
      (core.on['use.approve'] = () => fail('wallet.funds', 'The wallet holds 90 sats and 312 are needed. Fund it, then approve again.')),
  )
  await page.getByRole('button', { name: 'Approve' }).click()
  await expect(page.getByText('Fund it, then approve again.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Approve' })).toBeEnabled()
})

test('another actor sees its own requests and reads with its own client', async ({ page, open }) => {
  const { fake } = await open({ requests: [request('5', 'review')] })
  await expect(page.getByRole('article')).toHaveCount(1)
  await page.getByRole('radio', { name: 'Grace' }).check({ force: true })
  await expect(page.getByRole('article')).toHaveCount(0)
  await expect.poll(() => (fake.calls.findLast(({ name }) => name === 'use.read')?.args as { app: string }).app).toBe('client-2')
})

test('errors of the first screen and of the index can be tried again', async ({ page, open }) => {
  const { fake } = await open(
    {},
    (core) => (core.on.overview = () => fail('core.starting', 'Golem is still opening its data folder. Try again in a moment.')),
  )
  await expect(page.getByText('still opening its data folder')).toBeVisible()
  fake.on.overview = () => ok(fake.state)
  fake.on['use.read'] = () => fail('index.proof', 'Page 3 does not match the root.')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('Page 3 does not match the root.')).toBeVisible()
  fake.on['use.read'] = () => ok({ tick: 41, root: hash('7d3'), proved: true, local: true, rows: [] })
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByText('Nothing here yet.')).toBeVisible()
})

test('the whole way works with the keyboard alone', async ({ page, open }) => {
  const { fake } = await open()
  await expect(page.getByRole('button', { name: 'Send post' })).toBeEnabled()
  await page.keyboard.press('Tab')
  await expect(page.getByRole('link', { name: 'Skip to the app' })).toBeFocused()
  await page.keyboard.press('Enter')
  const tabTo = async (target: Locator): Promise<void> => {
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press('Tab')
      if ((await target.and(page.locator(':focus')).count()) === 1) return
    }
    throw new Error('the Tab key never came there')
  }
  await tabTo(page.getByLabel('Topic'))
  await page.keyboard.type('golem')
  await tabTo(page.getByLabel('Text'))
  await page.keyboard.type('by keyboard')
  await tabTo(page.getByRole('button', { name: 'Send post' }))
  await page.keyboard.press('Enter')
  await expect.poll(() => fake.calls.some(({ name }) => name === 'use.request')).toBe(true)
  fake.show({ requests: [request('5', 'review')] })
  await tabTo(page.getByRole('button', { name: 'Approve' }))
  await page.keyboard.press('Enter')
  await expect.poll(() => fake.calls.some(({ name }) => name === 'use.approve')).toBe(true)
})

for (const width of [320, 390, 1280]) {
  test(`long texts never widen a page of ${width} pixels`, async ({ page, open }) => {
    const long = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(4)
    await page.setViewportSize({ width, height: 800 })
    const plain = request('5', 'review')
    await open(
      {
        requests: [
          {
            ...plain,
            arguments: { topic: long, text: long },
            writes: [{ ...plain.writes[0]!, fields: { topic: long, text: long }, flags: [long] }],
            waiting: long,
          },
        ],
        apps: used({
          app: { ...app, collections: [...app.collections, { ...app.collections[0]!, name: long }] },
          actors: actors.map((one) => ({ ...one, name: long })),
        }),
        engagements: engagements.map((one) => ({ ...one, name: long, title: `${long} by ${long}`, detail: long })),
      },
      (core) =>
        (core.on['use.read'] = () =>
          ok({ tick: 41, root: hash('7d3'), proved: true, local: true, rows: [{ ...posts[0]!, text: long, topic: long }] })),
    )
    await expect(page.getByText("Proved against tick 41's root")).toBeVisible()
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every text on a ${colorScheme} page has a contrast of at least 4.5`, async ({ page, open }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const plain = request('6', 'review')
    await open({
      requests: [
        { ...plain, writes: [{ ...plain.writes[0]!, flags: ['A warning.'] }] },
        request('5', 'counted'),
        request('4', 'failed', { error: { code: 'x.y', message: 'A failure.' } }),
        request('3', 'signed'),
      ],
    })
    await expect(page.getByText("Proved against tick 41's root")).toBeVisible()
    expect(await page.evaluate(weakTexts)).toEqual([])
  })
}

test('[N2] evidence that servers disagreed is published by a press that says what becomes public, and its fate is told', async ({
  page,
  open,
}) => {
  const { fake } = await open({ requests: [request('5', 'review', { dispute: dispute('kept') })] })
  const card = page.getByRole('region', { name: 'Servers gave different results' })
  await expect(card).toContainText('2 servers of «Moderate» gave different results.')
  await expect(card.getByRole('button', { name: 'Publish the evidence for ever' })).toBeHidden()
  await card.getByText('Show the evidence to everybody?').click()
  await expect(card).toContainText('says more than its author wants')
  fake.on['use.dispute'] = () => fail('dispute.funds', 'The wallet has 12 sats, and the transaction costs 340. Send it some and try again.')
  await card.getByRole('button', { name: 'Publish the evidence for ever' }).click()
  await expect(card).toContainText('costs 340')
  fake.show({ requests: [request('5', 'review', { dispute: dispute('anchored') })] })
  await expect(card.getByRole('status')).toContainText('in a block; the next tick but one decides')
  await expect(card.getByRole('button')).toHaveCount(0)
  fake.show({ requests: [request('5', 'review', { dispute: dispute('accepted', { tick: 44 }) })] })
  await expect(card.getByRole('status')).toContainText('Tick 44 ran the block again')
  fake.show({ requests: [request('5', 'review', { dispute: dispute('refused', { message: 'It came too late.' }) })] })
  await expect(card.getByRole('status')).toContainText('It came too late.')
})

test('before a request is sent the page says how many servers see each step', async ({ page, open }) => {
  await open()
  await expect(page.getByText('Goes through 5 servers, 2 for each step, which have to agree.')).toBeVisible()
  await page.getByText('Which server will see what').click()
  await expect(page.getByText('Each step runs on 2 servers beside each other.')).toBeVisible()
  await expect(
    page.getByText('Whoever owns 2 servers of the 6 here and calls with a key of their own can write in 40 of 100 ticks what no step says'),
  ).toBeVisible()
})
