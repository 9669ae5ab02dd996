/** Polls: one vote for each client, tallies that anybody reads at any time, and a result that the program counts when a poll closes. */
import { app, asList, collection, construct, count, endpoint, int, key, list, literal, order, record, see, text } from 'golem'
import { variant, when, zipLists } from 'golem'
import type { Bool, Database, In, Text, TextExpr } from 'golem'

const MOST_OPTIONS = 8
const choice = text(60)

/** The states of a poll. A closed one carries its result, the most votes first. */
const state = variant({
  open: record({}),
  closed: record({ result: list(record({ option: choice, votes: int({ min: 0 }) }), MOST_OPTIONS) }),
})

/** The first problem that there is, or no text. Helpers are ordinary TypeScript: they write the program down while it is compiled. */
const problem = (...problems: Array<[is: In<Bool>, reason: In<Text>]>): TextExpr =>
  problems.reduceRight<() => TextExpr>((next, [is, reason]) => () => when(is, () => reason, next), () => literal(text(0), ''))()

/** Does something unless there is a problem, and says so. */
const unless = (reason: TextExpr, act: () => unknown) =>
  when(
    reason.isEmpty(),
    () => (act(), { accepted: true, reason: '' }),
    () => ({ accepted: false, reason }),
  )

const collections = {
  polls: collection({
    doc: 'A question with its options. Its owner, and nobody else, closes it.',
    fields: { question: text(200), options: list(choice, MOST_OPTIONS), state },
    indices: { byOwner: order('$owner') },
  }),
  votes: collection({
    doc: 'One vote. It is never changed.',
    fields: { poll: key('polls'), choice },
    // Calls of one tick do not see one another's writes, so «has not voted yet» could be true twice. The rule is held when the tick closes.
    indices: { byPoll: order('poll'), tally: count('poll', 'choice'), mine: count('poll', '$owner').unique() },
  }),
}
type Db = Database<typeof collections>

const create = (db: Db) => endpoint({
  doc: 'Opens a poll with two to eight different options.',
  request: { question: text(200), options: list(choice, MOST_OPTIONS) },
  run: (req) => {
    const isAsked = see('heading', req.question, (question) => question.trim().isEmpty().not())
    return see('options', isAsked, req.options, (asked, given) => {
      const options = given.map((one) => one.trim())
      const reason = problem(
        [asked.not(), 'A poll needs a question.'],
        [options.length().less(2), 'A poll needs two options at least.'],
        [options.any((one) => one.isEmpty()), 'An option is empty.'],
        [options.distinct().length().less(options.length()), 'Two options are the same.'],
      )
      return unless(reason, () => db.polls.create({ question: req.question, options, state: construct(state, 'open') }))
    })
  },
})

const vote = (db: Db) => endpoint({
  doc: 'Votes in a poll, once and for good.',
  request: { poll: key('polls'), choice },
  run: (req, { caller }) => {
    const poll = db.polls.get(req.poll, { name: 'poll' })
    const earlier = db.votes.mine.count({ poll: req.poll, $owner: caller }, { name: 'earlier' })

    // The booth sees the choice; the box sees whether the caller has voted, and stores the choice sealed.
    const booth = see('booth', poll.state, poll.options, req.choice, (now, options, wanted) =>
      problem(
        [now.isNone(), 'There is no such poll.'],
        [now.map((one) => one.is('closed')).orElse(false), 'The poll is closed.'],
        [options.orElse([]).contains(wanted).not(), 'That is not one of the options.'],
      ),
    )
    return see('box', booth, earlier, (reason, votes) => {
      const refusal = problem([reason.isEmpty().not(), reason], [votes.greater(0), 'You have voted in this poll.'])
      return unless(refusal, () => db.votes.create({ poll: req.poll, choice: req.choice }))
    })
  },
})

const close = (db: Db) => endpoint({
  doc: 'Closes a poll of the caller and stores the result: the votes that were counted before this tick.',
  request: {},
  run: () => {
    const poll = db.polls.owned('poll')
    const row = db.polls.get(poll.key, { name: 'row' })
    // How often an option was chosen can be asked once the options are known, so the endpoint is split here. A loop of TypeScript
    // writes down one query for each option that a poll may have; one that this poll lacks is the empty text, which nobody chose.
    const options = see('paper', row.options, (found) =>
      Array.from({ length: MOST_OPTIONS }, (_, i) => found.andThen((all) => all.at(i)).orElse('')),
    )
    const tallies = options.map((one, i) => db.votes.tally.count({ poll: poll.key, choice: one }, { name: `tally${i + 1}` }))
    return see('count', row.state, row.options, ...tallies, (now, found, ...votes) => {
      const isClosed = now.map((one) => one.is('closed')).orElse(true)
      return unless(problem([isClosed, 'The poll is closed already.']), () => {
        const counted = zipLists({ option: found.orElse([]), votes: asList(int({ min: 0 }), votes) })
        const result = counted.sortBy((one) => one.get('votes'), { descending: true })
        db.polls.update(poll, { state: construct(state, 'closed', { result }) })
      })
    })
  },
})

export default app({
  name: 'poll',
  doc: 'Polls. Votes are public, like raised hands. Read the tally of an option with the index tally of votes.',
  collections,
  endpoints: (db) => ({ create: create(db), vote: vote(db), close: close(db) }),
})
