/** A guestbook: posts under topics, moderated by rules that nobody can bend, and likes. */
import { app, collection, count, endpoint, key, order, see, text, when } from 'golem'

const BANNED = ['casino', 'free money', 'viagra']
const MOST_POSTS_OF_ONE_AUTHOR = 5
const RECENT = 20

export default app({
  name: 'guestbook',
  doc: 'A public guestbook. Read posts with the index byTopic of posts and likes with the index byPost of likes.',
  collections: {
    posts: collection({
      doc: 'One message. Its author is the registered client who wrote it.',
      fields: { topic: text(60), text: text(500), author: text(64) },
      indices: { byTopic: order('topic'), byAuthor: count('author') },
    }),
    likes: collection({
      doc: 'One client likes one post.',
      fields: { post: key('posts'), author: text(64) },
      indices: { byPost: count('post'), byPostAuthor: count('post', 'author') },
    }),
  },
  endpoints: (db) => ({
    post: endpoint({
      doc: 'Writes a post, unless it is empty, advertises, or comes from an author who floods the topic.',
      request: { topic: text(60), text: text(500) },
      run: (req, { caller }) => {
        const recent = db.posts.byTopic.rows({ topic: req.topic }, { limit: RECENT, descending: true, name: 'recent' })
        const fine = see('moderation', req.topic, req.text, (topic, message) => {
          const words = message.asciiLower()
          const banned = BANNED.map((word) => words.contains(word)).reduce((one, other) => one.or(other))
          const empty = topic.trim().length().equals(0).or(message.trim().length().equals(0))
          return { empty, banned }
        })
        return see('flood', fine.empty, fine.banned, caller, recent.author, (empty, banned, author, authors) => {
          const refuse = (reason: string) => ({ accepted: false, reason })
          const flooding = authors
            .filter((other) => other.equals(author))
            .length()
            .atLeast(MOST_POSTS_OF_ONE_AUTHOR)
          return when(
            empty,
            () => refuse('A post needs a topic and a text.'),
            () =>
              when(
                banned,
                () => refuse('The text contains a word that is not allowed here.'),
                () =>
                  when(
                    flooding,
                    () => refuse('You wrote the latest posts of this topic; let others speak.'),
                    () => {
                      db.posts.create({ topic: req.topic, text: req.text, author })
                      return { accepted: true, reason: '' }
                    },
                  ),
              ),
          )
        })
      },
    }),
    like: endpoint({
      doc: 'Likes a post once.',
      request: { post: key('posts') },
      run: (req, { caller }) => {
        const found = db.posts.get(req.post, { name: 'post' })
        const mine = db.likes.byPostAuthor.count({ post: req.post, author: caller }, { name: 'mine' })
        return see('exists', found.$key, (post) =>
          post.match(
            () =>
              see('once', mine, (likes) =>
                when(
                  likes.equals(0),
                  () => {
                    db.likes.create({ post: req.post, author: caller })
                    return { accepted: true, reason: '' }
                  },
                  () => ({ accepted: false, reason: 'You like this post already.' }),
                ),
              ),
            () => ({ accepted: false, reason: 'There is no such post.' }),
          ),
        )
      },
    }),
  }),
})
