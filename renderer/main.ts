import { mount } from 'svelte'
import App from './App.svelte'
import { createNodes } from './lib/client.ts'
import { placeOf } from './state/node-chooser.svelte.ts'
import { createSession } from './state/session.svelte.ts'
import './styles/tokens.css'
import './styles/base.css'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')
mount(App, { target, props: { session: createSession(createNodes(window), placeOf(window)) } })
