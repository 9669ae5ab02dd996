/** A tiny app that asks for ranges: entries of a topic by day, with bounds that are given, or computed, or are keys. */
import { app, collection, compile, endpoint, int, key, order, see, text, when } from '../../../roles/program/index.ts'
import type { Program } from '../../../roles/program/index.ts'
import { must } from './guestbook.story.ts'

const diary = app({
  name: 'diary',
  doc: 'What happened on which day.',
  collections: {
    entries: collection({
      doc: 'One thing that happened.',
      fields: { topic: text(20), day: int(), text: text(40), author: text(64) },
      indices: { byDay: order('topic', 'day'), byTopic: order('topic') },
    }),
  },
  endpoints: (db) => ({
    write: endpoint({
      doc: 'Notes something, unless the topic had two entries in these days.',
      request: { topic: text(20), since: int(), day: int(), text: text(40) },
      run: (req, { caller }) => {
        const { topic, since, day } = req
        const recent = db.entries.byDay.rows({ topic }, { from: since, to: day, limit: 3, descending: true, name: 'recent' })
        return see('quota', recent.text, topic, day, (texts, about, on) =>
          when(
            texts.length().less(2),
            () => {
              db.entries.create({ topic: about, day: on, text: req.text, author: caller })
              return { written: true, before: texts.join('|') }
            },
            () => ({ written: false, before: texts.join('|') }),
          ),
        )
      },
    }),
    find: endpoint({
      doc: 'Reads from one day up to another.',
      request: { topic: text(20), since: int(), until: int() },
      run: ({ topic, since, until }) => db.entries.byDay.rows({ topic }, { from: since, to: until, limit: 10, name: 'found' }).text,
    }),
    week: endpoint({
      doc: 'Counts the entries of the week before a day, whose beginning is computed.',
      request: { topic: text(20), day: int() },
      run: (req) => {
        const start = see('start', req.day, (day) => day.minus(7))
        const week = db.entries.byDay.rows({ topic: req.topic }, { from: start, to: req.day, limit: 10, name: 'week' })
        return { count: see('count', week.day, (days) => days.length()) }
      },
    }),
    walks: endpoint({
      doc: 'Counts the walks from three days before the first one up to a day: what it asks with stands in the program.',
      request: { until: int() },
      run: ({ until }) => {
        const { topic } = see('choose', until, () => ({ topic: 'walks' }))
        const rows = db.entries.byDay.rows({ topic }, { from: -3, to: until, limit: 10, name: 'walks' })
        return { count: see('count', rows.day, (days) => days.length()) }
      },
    }),
    page: endpoint({
      doc: 'Reads all entries from a key on, and the topics before one.',
      request: { from: key('entries'), topic: text(20) },
      run: (req) => ({
        texts: db.entries.rows({ from: req.from, limit: 2, name: 'page' }).text,
        before: db.entries.byTopic.rows({}, { to: req.topic, limit: 9, descending: true, name: 'before' }).topic,
      }),
    }),
  }),
})

export const compiledDiary = (): Program => must(compile(diary))
