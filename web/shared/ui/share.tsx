// Handing a text to another app (WhatsApp, mostly), or to the clipboard.
import { useState } from 'preact/hooks'

import { Button, Note } from './ui'

interface Props {
  text: () => string
  label: string
  texts: { copied: string; no_copy: string }
  kind?: string
}

export function Share({ text, label, texts: m, kind = 'soft' }: Props) {
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
