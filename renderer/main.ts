import { mount } from 'svelte'
import App from './App.svelte'
import { createClient } from './lib/client.ts'
import { createSession } from './state/session.svelte.ts'
import './styles/tokens.css'
import './styles/base.css'

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')
mount(App, { target, props: { session: createSession(createClient(window)) } })
