// Comforts of the pages of outlets. Every page works without this file.
'use strict'

// data-locate fills in where the visitor stands; the fields stay as they can be edited.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-locate]')
  if (!button) return
  const said = document.querySelector('#locate-said')
  if (!navigator.geolocation) {
    said.textContent = button.dataset.none
    return
  }
  said.textContent = button.dataset.wait
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      document.querySelector('[name=latitude]').value = coords.latitude.toFixed(6)
      document.querySelector('[name=longitude]').value = coords.longitude.toFixed(6)
      said.textContent = button.dataset.done.replace('{m}', Math.round(coords.accuracy))
      mark()
    },
    () => (said.textContent = button.dataset.none),
    { enableHighAccuracy: true, timeout: 15000 },
  )
})

// The point on the small map follows the fields.
function mark() {
  const map = document.querySelector('[data-map]')
  if (!map) return
  const [lat, long] = ['latitude', 'longitude'].map((name) => parseFloat(document.querySelector(`[name=${name}]`).value.replace(',', '.')))
  const [west, north, unit] = map.dataset.map.split(' ').map(Number)
  const dot = map.querySelector('.here')
  const known = Number.isFinite(lat) && Number.isFinite(long)
  dot.toggleAttribute('hidden', !known)
  if (!known) return
  dot.setAttribute('cx', (long - west) * unit)
  dot.setAttribute('cy', (north - lat) * unit)
}
document.addEventListener('input', (event) => {
  if (event.target.matches('[name=latitude], [name=longitude]')) mark()
})

// A click on the small map puts the point there.
document.addEventListener('click', (event) => {
  const map = event.target.closest('[data-map]')
  if (!map || !document.querySelector('[name=latitude]')) return
  const [west, north, unit] = map.dataset.map.split(' ').map(Number)
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse())
  document.querySelector('[name=latitude]').value = (north - at.y / unit).toFixed(4)
  document.querySelector('[name=longitude]').value = (west + at.x / unit).toFixed(4)
  mark()
})

// data-same copies Monday's hours to the other working days.
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-same]')) return
  const monday = document.querySelector('[name=hours_1]').value
  for (let day = 2; day <= 6; day++) document.querySelector(`[name=hours_${day}]`).value = monday
})

// data-until counts down to an instant.
function count() {
  for (const at of document.querySelectorAll('[data-until]')) {
    const left = Math.max(0, Math.floor((new Date(at.dataset.until) - Date.now()) / 1000))
    at.textContent = left ? `${Math.floor(left / 60)}.${String(left % 60).padStart(2, '0')}` : at.dataset.over
  }
}
if (document.querySelector('[data-until]')) {
  count()
  setInterval(count, 1000)
}

// data-print prints the page.
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-print]')) window.print()
})
