// Handing a text to another app (WhatsApp, mostly), or to the clipboard.
import { useState } from 'preact/hooks'

import { more } from './texts'
import { Button, Note } from './ui'

export function Share({ text, label, kind = 'soft' }: { text: () => string; label: string; kind?: string }) {
  const [done, setDone] = useState('')
  const share = async () => {
    const body = text()
    try {
      if (navigator.share) return await navigator.share({ text: body })
      await navigator.clipboard.writeText(body)
      setDone('copied')
    } catch (fault) {
      if ((fault as Error).name !== 'AbortError') setDone(body)
    }
  }
  const m = more().receipt
  return (
    <>
      <Button icon="share" kind={kind} onClick={share}>
        {done === 'copied' ? m.copied : label}
      </Button>
      {done && done !== 'copied' && (
        <Note>
          {m.no_copy}
          <pre>{done}</pre>
        </Note>
      )}
    </>
  )
}
