/** A tiny app with endpoints of both kinds: those whose blocks run on servers, and those that their caller answers alone. */
import { app, collection, compile, count, endpoint, int, key, order, see, sum, text } from '../../../roles/program/index.ts'
import type { Program } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const shelf = app({
  name: 'shelf',
  doc: 'Books, and what people think of them.',
  collections: {
    books: collection({
      doc: 'One book.',
      fields: { title: text(40), stars: int({ min: 1, max: 5 }) },
      indices: { byTitle: order('title', 'stars'), howMany: count('title'), allStars: sum('stars', 'title') },
    }),
  },
  endpoints: (db) => ({
    add: endpoint({
      doc: 'Puts a book on the shelf; the title stays sealed.',
      request: { title: text(40), stars: int({ min: 1, max: 5 }) },
      run: ({ title, stars }) => see('check', stars, (stars) => (db.books.create({ title, stars }), { added: true })),
    }),
    mark: endpoint({
      doc: 'Always puts the same book on the shelf; opens nothing, returns nothing.',
      request: {},
      run: () => {
        see('mark', () => {
          db.books.create({ title: 'Marked', stars: 1 })
        })
      },
    }),
    judge: endpoint({
      doc: 'Adds the stars of a title up.',
      request: { title: text(40) },
      run: ({ title }) => see('judge', db.books.allStars.sum({ title }), (stars) => ({ many: stars.greater(100) })),
    }),
    look: endpoint({
      doc: 'Finds the books of a title. No server takes part.',
      request: { title: text(40), book: key('books') },
      run: ({ title, book }, { caller }) => {
        const found = db.books.byTitle.rows({ title }, { limit: 10, descending: true })
        const one = db.books.get(book)
        const written = { title, caller, greeting: 'Hello', one: one.title }
        return {
          ...written,
          titles: found.title,
          stars: found.stars,
          owners: found.$owner,
          howMany: db.books.howMany.count({ title }),
          allStars: db.books.allStars.sum({ title }),
        }
      },
    }),
    about: endpoint({ doc: 'Always the same.', request: {}, run: () => ({ version: 3, tags: ['a', 'b'] }) }),
    spare: endpoint({ doc: 'Names a reserved key.', request: {}, run: () => ({ key: db.books.fresh('spare').key }) }),
    nothing: endpoint({ doc: 'Says nothing.', request: { title: text(40) }, run: () => undefined }),
  }),
})

export const compiledShelf = (): Program => must(compile(shelf))
