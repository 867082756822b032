// Number keys as large as the screen allows, and the real keyboard beside them.
import { Icon } from '../../shared/ui/ui'
import { icons } from './icons'
import { useKeys } from './till'
import { w } from './words'

interface PadProps {
  extra: '000' | ''
  onKey: (key: string) => void // digits (one or three) or 'erase'
}

export function Pad({ extra, onKey }: PadProps) {
  useKeys((key) => {
    if (/^\d$/.test(key)) onKey(key)
    if (key === 'Backspace') onKey('erase')
  })
  const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9', extra, '0']
  return (
    <div class="pad" role="group" aria-label={w.bill.keys}>
      {keys.map((key) =>
        key ? (
          <button type="button" key={key} onClick={() => onKey(key)}>
            {key}
          </button>
        ) : (
          <i key="none" />
        ),
      )}
      <button type="button" class="erase" aria-label={w.bill.delete} onClick={() => onKey('erase')}>
        <Icon name={icons.erase} />
      </button>
    </div>
  )
}
