import { find, indexOptions } from './find.js'
import MiniSearch from './minisearch.js'

const field = document.getElementById('search')
const list = document.getElementById('found')

/** Asked for by the first search only: who reads one page does not need it. */
let index
const load = async () => {
  const entries = await (await fetch('/docs/search.json')).json()
  const made = new MiniSearch(indexOptions)
  made.addAll(entries)
  return made
}

let selected = -1
const select = (next) => {
  const options = [...list.querySelectorAll('[role=option]')]
  if (options.length === 0) return
  selected = (next + options.length) % options.length
  for (const [at, option] of options.entries()) option.setAttribute('aria-selected', String(at === selected))
  field.setAttribute('aria-activedescendant', options[selected].id)
  options[selected].scrollIntoView({ block: 'nearest' })
}

const optionOf = ({ id, heading, page }, at) => {
  const option = document.createElement('li')
  option.id = `found-${at}`
  option.setAttribute('role', 'option')
  option.setAttribute('aria-selected', 'false')
  const link = document.createElement('a')
  link.href = id
  link.tabIndex = -1
  link.textContent = heading || page
  if (heading && heading !== page) {
    const place = document.createElement('small')
    place.textContent = page
    link.append(place)
  }
  option.append(link)
  return option
}

const show = (options) => {
  selected = -1
  field.removeAttribute('aria-activedescendant')
  list.replaceChildren(...options)
  list.hidden = options.length === 0
  field.setAttribute('aria-expanded', String(options.length > 0))
}

const search = async () => {
  const words = field.value.trim()
  index ??= load()
  const loaded = await index
  if (field.value.trim() !== words) return
  const results = find(loaded, words).slice(0, 12)
  if (words !== '' && results.length === 0) {
    const nothing = document.createElement('li')
    nothing.textContent = 'Nothing found.'
    show([nothing])
  } else show(results.map(optionOf))
}

field.addEventListener('input', search)
field.addEventListener('keydown', (event) => {
  if (event.key === 'ArrowDown') select(selected + 1)
  else if (event.key === 'ArrowUp') select(selected - 1)
  else if (event.key === 'Escape') show([])
  else if (event.key === 'Enter') list.querySelectorAll('a')[Math.max(selected, 0)]?.click()
  else return
  event.preventDefault()
})
document.addEventListener('click', ({ target }) => {
  if (!list.contains(target) && target !== field) show([])
})
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || /^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName ?? '')) return
  event.preventDefault()
  field.focus()
})
