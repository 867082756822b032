// What needs attention, above every screen, the gravest first.
import { useState } from 'preact/hooks'

import { Icon } from '../../shared/ui/ui'
import { update, useUpdate } from '../../shared/ui/update'
import { useTill } from './till'
import { problem, w } from './words'

export function Banners() {
  const { freshness, storagePersistent, unsent, problem: trouble } = useTill()
  const [closed, close] = useState('')
  const fresh = useUpdate()

  const warnings: [string, string][] = []
  if (freshness.clock === 'set_back') warnings.push(['clock', w.banner.clock_back])
  else if (freshness.clock === 'off') warnings.push(['clock', w.banner.clock_off])
  else if (freshness.statusTooOld) warnings.push(['old', w.banner.too_old])
  if (trouble && trouble.code !== 'offline') warnings.push(['trouble', problem(trouble.code)])
  if (unsent > 0 && !storagePersistent) warnings.push(['kept', w.banner.not_kept])
  const shown = warnings.find(([id]) => id !== closed)

  return (
    <>
      {fresh && (
        <div class="banner good" role="status">
          <span>{w.banner.update}</span>
          <button type="button" onClick={update}>
            {w.banner.update_do}
          </button>
        </div>
      )}
      {shown && (
        <div class="banner" role="status">
          <Icon name="alert" />
          <span>{shown[1]}</span>
          <button type="button" aria-label={w.close} onClick={() => close(shown[0])}>
            <Icon name="cross" />
          </button>
        </div>
      )}
    </>
  )
}
