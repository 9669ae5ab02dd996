/** A first Golem application: it greets people and remembers how often. `golem explain app.ts` says who sees what. */
import { app, collection, count, endpoint, literal, see, text, when } from 'golem'

export default app({
  name: 'hello',
  doc: 'Greets people and remembers how often.',

  // What is stored. Everybody can read it; a row can only be written by the one who owns its key.
  collections: {
    greetings: collection({
      doc: 'One greeting.',
      fields: { name: text(40), message: text(80) },
      indices: { byName: count('name') },
    }),
  },

  endpoints: (db) => ({
    greet: endpoint({
      doc: 'Greets somebody by name and writes it down, unless there is no name.',
      request: { name: text(40) },
      run: (request) => {
        // Asked before the first server runs. The answer is sealed, like the request: it can be moved and stored, not looked at.
        const earlier = db.greetings.byName.count({ name: request.name }, { name: 'earlier' })

        // see() opens sealed values on a server of its own, which sees these and nothing else.
        return see('greeter', request.name, earlier, (name, times) => {
          const again = when(
            times.equals(0),
            () => 'Welcome',
            () => 'Welcome back',
          )
          // Both branches are traced now; when a request comes, one of them happens.
          return when(
            name.trim().length().equals(0),
            () => ({ greeted: false, message: 'What is your name?' }),
            () => {
              const message = again
                .concat(', ')
                .concat(name)
                .concat(literal(text(1), '!'))
              db.greetings.create({ name, message })
              return { greeted: true, message }
            },
          )
        })
      },
    }),
  }),
})
