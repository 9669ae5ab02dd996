/** A guestbook: posts under topics, moderated by rules that nobody can bend, and likes. */
import { app, collection, count, endpoint, int, key, literal, order, see, text, when } from 'golem'
import type { Bool, Database, In, Text, TextExpr } from 'golem'

const BANNED = ['casino', 'free money', 'viagra']
/** An author writes at most so many of the recent posts of a topic. */
const [MOST_OF_ONE_AUTHOR, RECENT] = [5, 20]

/** The first problem that there is, or no text. Helpers are ordinary TypeScript: they write the program down while it is compiled. */
const problem = (...problems: Array<[is: In<Bool>, reason: In<Text>]>): TextExpr =>
  problems.reduceRight<() => TextExpr>((next, [is, reason]) => () => when(is, () => reason, next), () => literal(text(0), ''))()

/** Does something unless there is a problem, and says so. */
const unless = (reason: TextExpr, act: () => unknown) =>
  when(reason.isEmpty(), () => (act(), { accepted: true, reason: '' }), () => ({ accepted: false, reason }))

const collections = {
  posts: collection({
    doc: 'One message. Its author is the registered client who wrote it; its number is greater than those of the posts that it came after.',
    fields: { topic: text(60), text: text(500), author: text(64), number: int({ min: 0 }) },
    // The addresses of keys have nothing to do with time, and a program has no clock; by their numbers, posts are in the order of time.
    // Posts of one tick do not see one another, so they share a number, and their keys order them.
    indices: { byTopic: order('topic', 'number'), byAuthor: count('author') },
  }),
  likes: collection({
    doc: 'One client likes one post.',
    fields: { post: key('posts'), author: text(64) },
    // Two likes of one tick do not see one another, so a program alone could not keep them to one; the rule does, when the tick closes.
    indices: { byPost: count('post'), byPostAuthor: count('post', 'author').unique() },
  }),
}
type Db = Database<typeof collections>

const post = (db: Db) => endpoint({
  doc: 'Writes a post, unless it is empty, advertises, or comes from an author who floods the topic.',
  request: { topic: text(60), text: text(500) },
  run: (req, { caller }) => {
    // Asked before the first server runs, like every query on what the client knows.
    const recent = db.posts.byTopic.rows({ topic: req.topic }, { limit: RECENT, descending: true, name: 'recent' })

    // Two observation points: who reads the text does not learn how much its author writes, and the other one stores the text sealed.
    const moderated = see('moderation', req.topic, req.text, (topic, message) => {
      const words = message.asciiLower()
      const advertises = BANNED.map((word) => words.contains(word)).reduce((one, other) => one.or(other))
      return problem(
        [topic.trim().isEmpty().or(message.trim().isEmpty()), 'A post needs a topic and a text.'],
        [advertises, 'The text contains a word that is not allowed here.'],
      )
    })
    return see('flood', moderated, caller, recent.author, recent.number, (found, author, authors, numbers) => {
      const isFlood = authors.count((other) => other.equals(author)).atLeast(MOST_OF_ONE_AUTHOR)
      const reason = problem([found.isEmpty().not(), found], [isFlood, 'You wrote the latest posts of this topic; let others speak.'])
      const number = numbers.first().map((latest) => latest.plus(1)).orElse(0)
      return unless(reason, () => db.posts.create({ topic: req.topic, text: req.text, author, number }))
    })
  },
})

const like = (db: Db) => endpoint({
  doc: 'Likes a post once.',
  request: { post: key('posts') },
  run: (req, { caller }) => {
    const found = db.posts.get(req.post, { name: 'post' })
    const mine = db.likes.byPostAuthor.count({ post: req.post, author: caller }, { name: 'mine' })
    // The inner see is a branch of the outer one: its server gets to work only when there is such a post.
    return see('exists', found.$key, (row) =>
      row.match(
        () =>
          see('once', mine, (likes) =>
            unless(problem([likes.greater(0), 'You like this post already.']), () => db.likes.create({ post: req.post, author: caller })),
          ),
        () => ({ accepted: false, reason: 'There is no such post.' }),
      ),
    )
  },
})

export default app({
  name: 'guestbook',
  doc: 'A public guestbook. Read posts with the index byTopic of posts, in the order of time, and likes with the index byPost of likes.',
  collections,
  endpoints: (db) => ({ post: post(db), like: like(db) }),
})
