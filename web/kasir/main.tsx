// The till's app: begins the engine and draws the screens; the owner's page
// instead, without an engine, where the address asks for it.
import { render } from 'preact'

import type { Engine } from './contract'
import { createEngine } from './engine'
import { App, preload } from './screens/app'
import { unlock } from './screens/feedback'
import { watchInstall } from '../shared/ui/install'
import { path, usePath } from '../shared/ui/router'
import { setTill } from './screens/till'
import { later } from '../shared/ui/ui'
import { register } from '../shared/ui/update'

const Owner = later(() => import('./screens/owner').then((m) => m.default))

let begun = false

/** begin starts the till once, and not for somebody who only came as the owner. */
function begin(engine: Engine): void {
  if (begun) return
  begun = true
  void engine.start().then(preload)
}

function Root({ engine }: { engine: Engine }) {
  const owner = usePath().startsWith('pemilik')
  if (owner) return <Owner />
  begin(engine)
  return <App />
}

function draw(engine: Engine): void {
  const root = document.getElementById('app')!
  setTill(engine)
  if (!path().startsWith('pemilik')) begin(engine)
  root.replaceChildren()
  render(<Root engine={engine} />, root)
  for (const touch of ['pointerdown', 'keydown']) addEventListener(touch, unlock, { passive: true })
  watchInstall()
  void register('kasir')
}

// While developing, ?fake=… in the address draws the screens without a server.
if (import.meta.env.DEV && location.search.includes('fake')) void import('./fake').then((m) => draw(m.createFake()))
else draw(createEngine())
