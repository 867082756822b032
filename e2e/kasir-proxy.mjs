// A network that fails where it is told to: HTTP between the browser and the
// server, which can hold a request, hold or cut an answer, or be gone.
import http from 'node:http'

/** proxy listens on a free port; target is the server's address. */
export async function proxy(target) {
  const sockets = new Set()
  const traps = []
  const log = [] // every request that reached the server, as {line, status}
  let down = false
  let open = 0
  const p = { log, busiest: 0, chain: null } // how many batches were under way at most; what the last one said of the chain

  async function handle(req, res) {
    const body = []
    for await (const chunk of req) body.push(chunk)
    const line = `${req.method} ${req.url}`
    const at = traps.findIndex((t) => t.line === line)
    const trap = at < 0 ? null : traps.splice(at, 1)[0]
    if (trap?.where === 'request') return trap.reached({ free: () => res.destroy() })
    const forward = http.request(target + req.url, { method: req.method, headers: { ...req.headers, 'accept-encoding': 'identity' } })
    forward.on('error', () => res.destroy())
    if (trap?.where === 'sent') {
      forward.on('response', (answer) => answer.resume())
      return forward.end(Buffer.concat(body), () => trap.reached({ free: () => res.destroy() }))
    }
    forward.end(Buffer.concat(body))
    const batch = req.url === '/v1/redemptions/batch'
    if (batch) {
      p.busiest = Math.max(p.busiest, ++open)
      forward.on('close', () => open--)
    }
    forward.on('response', async (answer) => {
      const parts = []
      try {
        for await (const chunk of answer) parts.push(chunk)
      } catch {
        return res.destroy()
      }
      const all = Buffer.concat(parts)
      if (batch && answer.statusCode === 200) p.chain = JSON.parse(all).chain
      log.push({ line, status: answer.statusCode })
      if (trap?.where === 'answer') return trap.reached({ free: () => res.destroy(), status: answer.statusCode })
      res.writeHead(answer.statusCode, answer.headers)
      if (trap?.where !== 'half') return res.end(all)
      res.write(all.subarray(0, all.length >> 1), () => trap.reached({ free: () => res.destroy(), status: answer.statusCode }))
    })
  }

  const server = http.createServer((req, res) => void handle(req, res).catch(() => res.destroy()))
  server.on('connection', (socket) => {
    if (down) return socket.destroy()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return Object.assign(p, {
    url: `http://127.0.0.1:${server.address().port}`,
    /**
     * trap holds the next such request at a place: request (before the server
     * saw it), sent (on its way to the server), answer (the server has answered,
     * nothing came back), half (half of the answer came back). Resolves when it
     * is there, to {free}, which cuts it.
     */
    trap: (line, where) => new Promise((reached) => traps.push({ line, where, reached })),
    forget: () => void (traps.length = 0),
    down(gone) {
      down = gone
      if (gone) for (const s of sockets) s.destroy()
    },
    stop: () => new Promise((done) => {
      server.close(done)
      for (const s of sockets) s.destroy()
    }),
  })
}
