// The participant's app: begins the engine and draws the screens.
import { render } from 'preact'

import { watchInstall } from '../shared/ui/install'
import { register } from '../shared/ui/update'
import type { Engine } from './contract'
import { createEngine } from './engine'
import { App, preload } from './screens/app'

function draw(engine: Engine): void {
  const root = document.getElementById('app')!
  void engine.start().then(preload)
  root.replaceChildren()
  render(<App engine={engine} />, root)
  watchInstall()
  void register('kartu')
}

// While developing, ?fake=… in the address draws the screens without a server.
if (import.meta.env.DEV && location.search.includes('fake')) void import('./fake').then((m) => draw(m.createFake()))
else draw(createEngine())
