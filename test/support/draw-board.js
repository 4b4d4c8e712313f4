// Part of the page in which `board-pictures.ts` draws a board; `uPlot` is there.
window.drawBoard = ({ board, lines }) => {
  const column = 58
  const row = 30
  const colors = [
    '#73bf69',
    '#f2cc0c',
    '#5794f2',
    '#ff9830',
    '#f2495c',
    '#b877d9',
    '#8ab8ff',
    '#fade2a',
    '#ffb357',
    '#c4162a',
  ]
  const short = (value, unit) => {
    const digits = (one) => String(Number(one.toPrecision(3)))
    if (unit === 'percentunit') return `${digits(value * 100)} %`
    if (unit === 'bytes') return value >= 1e6 ? `${digits(value / 1e6)} MB` : `${digits(value / 1e3)} kB`
    if (unit !== 's') return digits(value)
    if (value >= 86_400) return `${digits(value / 86_400)} d`
    if (value >= 3_600) return `${digits(value / 3_600)} h`
    return value !== 0 && value < 1 ? `${digits(value * 1_000)} ms` : `${digits(value)} s`
  }
  document.body.innerHTML = `<h1></h1><p></p><main></main>`
  const [heading, question, main] = ['h1', 'p', 'main'].map((name) => document.querySelector(name))
  heading.textContent = board.title
  question.textContent = board.description
  const height = Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h))
  main.style.height = `${height * row}px`
  for (const [index, panel] of board.panels.entries()) {
    const { x, y, w, h } = panel.gridPos
    const box = document.createElement('section')
    box.className = panel.type
    box.style.cssText = `left:${x * column}px;top:${y * row}px;width:${w * column - 8}px;height:${h * row - 8}px`
    const title = document.createElement('h2')
    title.textContent = panel.title
    box.append(title)
    main.append(box)
    const shown = lines[index] ?? []
    const unit = panel.fieldConfig?.defaults.unit
    if (panel.type === 'stat') {
      for (const { legend, values } of shown) {
        const figure = document.createElement('strong')
        figure.textContent = short(Number(values.at(-1)?.[1]), unit)
        const name = document.createElement('small')
        name.textContent = legend
        const both = document.createElement('div')
        both.append(figure, name)
        box.append(both)
      }
    }
    if (panel.type !== 'timeseries') continue
    const times = [...new Set(shown.flatMap(({ values }) => values.map(([time]) => time)))].sort(
      (one, other) => one - other,
    )
    const columns = shown.map(({ values }) => {
      const byTime = new Map(values.map(([time, value]) => [time, Number(value)]))
      return times.map((time) => {
        const value = byTime.get(time)
        return value !== undefined && Number.isFinite(value) ? value : null
      })
    })
    const axis = { stroke: '#ccccdc', grid: { stroke: '#2c3235' }, ticks: { stroke: '#2c3235' } }
    new uPlot(
      {
        width: w * column - 16,
        height: h * row - 80,
        series: [
          {},
          ...shown.map(({ legend }, at) => ({
            label: legend,
            stroke: colors[at % colors.length],
            width: 1.5,
            spanGaps: true,
          })),
        ],
        axes: [axis, { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => short(tick, unit)) }],
        scales: { y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] } },
        legend: { live: false },
        cursor: { show: false },
      },
      [times, ...columns],
      box,
    )
  }
}
