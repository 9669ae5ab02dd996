/** A tiny app whose queries need computed values: a page's address is made from its title, and taken once. */
import { app, collection, compile, count, endpoint, key, literal, order, see, splitsOf, text, when } from '../../../roles/program/index.ts'
import type { Program, Split } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const slugs = app({
  name: 'slugs',
  doc: 'Pages under addresses that are made from their titles.',
  collections: {
    pages: collection({
      doc: 'One page.',
      fields: { slug: text(40), title: text(40), author: text(64) },
      indices: { bySlug: order('slug'), taken: count('slug') },
    }),
  },
  endpoints: (db) => ({
    publish: endpoint({
      doc: 'Publishes a page, unless its address is taken.',
      request: { title: text(40) },
      run: (req, { caller }) => {
        const slug = see('slugify', req.title, (title) => title.trim().asciiLower())
        const taken = db.pages.taken.count({ slug }, { name: 'taken' })
        return see('claim', slug, taken, (address, pages) =>
          when(
            pages.equals(0),
            () => {
              db.pages.create({ slug: address, title: req.title, author: caller })
              return { published: true }
            },
            () => ({ published: false }),
          ),
        )
      },
    }),
    follow: endpoint({
      doc: 'Reads a page over two pauses, and counts its namesakes at the end.',
      request: { title: text(40), otherwise: key('pages') },
      run: (req) => {
        const slug = see('slugify', req.title, (title) => title.trim().asciiLower())
        const found = db.pages.bySlug.rows({ slug }, { limit: 1, name: 'found' })
        const page = see('pick', found.$key, req.otherwise, (keys, otherwise) => keys.fold(otherwise, (_, one) => one))
        const row = db.pages.get(page, { name: 'row' })
        const title = see('read', row.title, (one) =>
          one.match(
            (found) => found,
            () => literal(text(40), ''),
          ),
        )
        return { title, same: db.pages.taken.count({ slug: title }, { name: 'same' }) }
      },
    }),
  }),
})

export const compiledSlugs = (): Program => must(compile(slugs))

export const splits = (program: Program, name: string): Split[] => must(splitsOf(program, name))
