/** @typedef {import('../status-report.ts').StatusReport} StatusReport */
/** @typedef {Exclude<keyof StatusReport['series'], 'everyMs' | 'timesMs'>} Column */

import { element, setAttribute, setText } from './dom.js'
import { bytes, duration, number, percent, timeOfDay } from './format.js'

/**
 * @typedef {object} Line
 * @property {Column} column
 * @property {string} label
 * @property {string} colour a class of the style sheet
 * @property {number[]} dash lines differ in this too
 */

/**
 * @typedef {object} Chart
 * @property {string} title
 * @property {readonly Line[]} lines
 * @property {(value: number) => string} format
 * @property {(highest: number) => number} top the end of the scale
 * @property {number[]} [steps] between two lines of the grid; round decimal numbers by default
 */

/** @type {readonly Chart[]} */
const all = [
  {
    title: 'Requests per second',
    lines: [
      { column: 'requestsPerSecond', label: 'all', colour: 'stroke-1', dash: [] },
      { column: 'errorsPerSecond', label: 'errors', colour: 'stroke-bad', dash: [6, 3] },
    ],
    format: number,
    top: (highest) => Math.max(1, highest * 1.15),
  },
  {
    title: 'Answer time',
    lines: [
      { column: 'p50Ms', label: 'p50', colour: 'stroke-1', dash: [] },
      { column: 'p95Ms', label: 'p95', colour: 'stroke-2', dash: [7, 3] },
      { column: 'p99Ms', label: 'p99', colour: 'stroke-3', dash: [2, 3] },
    ],
    format: duration,
    top: (highest) => Math.max(1, highest * 1.15),
  },
  {
    title: 'Texts answered from the cache',
    lines: [{ column: 'hitRatio', label: 'share', colour: 'stroke-1', dash: [] }],
    format: percent,
    top: () => 1,
  },
  {
    title: 'Memory in use',
    lines: [{ column: 'memoryBytes', label: 'used', colour: 'stroke-1', dash: [] }],
    format: bytes,
    top: (highest) => Math.max(1, highest * 1.25),
    steps: Array.from({ length: 50 }, (_, power) => 2 ** power),
  },
]

const height = 150
const windowSeconds = 15 * 60

/**
 * The charts of the last 15 minutes.
 *
 * @param {HTMLElement} into
 */
export const charts = (into) => {
  const views = all.map((chart) => chartView(into, chart))
  return {
    /** @param {StatusReport} report */
    show: (report) => {
      for (const view of views) view.show(report)
    },
    /** The theme has changed, and canvases do not follow by themselves. */
    repaint: () => {
      for (const view of views) view.repaint()
    },
  }
}

/**
 * @param {HTMLElement} into
 * @param {Chart} chart
 */
const chartView = (into, chart) => {
  const plotted = element('div', { class: 'plot', role: 'img' })
  const caption = element('figcaption', {}, element('strong', {}, chart.title))
  const values = chart.lines.map((line) => legend(caption, line))
  into.append(element('figure', { class: 'chart' }, caption, plotted))

  /** @type {uPlot | undefined} */
  let plot
  /** @type {StatusReport | undefined} */
  let latest
  let drawnAtMs = 0

  /** @param {number | undefined} index of a sample; the last one by default */
  const tell = (index) => {
    chart.lines.forEach(({ column, label }, line) => {
      const value = latest?.series[column].at(index ?? -1)
      const node = values[line]
      if (node) setText(node, `${label} ${value === null || value === undefined ? 'none' : chart.format(value)}`)
    })
  }
  const draw = () => {
    if (!latest || plotted.clientWidth === 0) return
    const { series, nowMs } = latest
    const data = /** @type {uPlot.AlignedData} */ ([
      series.timesMs.map((ms) => (ms ?? 0) / 1_000),
      ...chart.lines.map(({ column }) => series[column]),
    ])
    const highest = Math.max(0, ...chart.lines.flatMap(({ column }) => series[column].map((value) => value ?? 0)))
    plot ??= new uPlot(options(chart, plotted, tell), data, plotted)
    plot.batch(() => {
      plot?.setData(data, false)
      plot?.setScale('x', { min: nowMs / 1_000 - windowSeconds, max: nowMs / 1_000 })
      plot?.setScale('y', { min: 0, max: chart.top(highest) })
    })
  }
  new ResizeObserver(() => {
    if (plot && plotted.clientWidth > 0) plot.setSize({ width: plotted.clientWidth, height })
    else draw()
  }).observe(plotted)
  return {
    /** @param {StatusReport} report */
    show: (report) => {
      latest = report
      if (plot?.cursor.idx === undefined || plot.cursor.idx === null) tell(undefined)
      const newestMs = report.series.timesMs.at(-1) ?? 0
      if (plot && newestMs === drawnAtMs) return
      drawnAtMs = newestMs
      draw()
      setAttribute(plotted, 'aria-label', inWords(chart, report))
    },
    repaint: () => {
      plot?.destroy()
      plot = undefined
      draw()
    },
  }
}

/**
 * @param {HTMLElement} into
 * @param {Line} line
 */
const legend = (into, { colour, dash }) => {
  const swatch = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  const stroke = document.createElementNS('http://www.w3.org/2000/svg', 'path')
  swatch.setAttribute('class', `swatch ${colour}`)
  swatch.setAttribute('viewBox', '0 0 18 8')
  swatch.setAttribute('aria-hidden', 'true')
  stroke.setAttribute('d', 'M0 4h18')
  stroke.setAttribute('stroke-dasharray', dash.join(' '))
  swatch.append(stroke)
  const value = element('span')
  into.append(element('span', { class: 'legend' }, swatch, value))
  return value
}

/**
 * The chart for those who do not see it.
 *
 * @param {Chart} chart
 * @param {StatusReport} report
 */
const inWords = ({ title, lines, format }, { series }) => {
  const parts = lines.map(({ column, label }) => {
    const values = series[column].filter((value) => value !== null)
    if (values.length === 0) return `${label}: nothing measured`
    const last = series[column].at(-1) ?? null
    return `${label}: now ${last === null ? 'nothing measured' : format(last)}, lowest ${format(Math.min(...values))}, highest ${format(Math.max(...values))}`
  })
  return `${title}, last 15 minutes. ${parts.join('. ')}.`
}

/**
 * @param {Chart} chart
 * @param {HTMLElement} plotted
 * @param {(index: number | undefined) => void} tell
 * @returns {uPlot.Options}
 */
const options = ({ lines, format, steps }, plotted, tell) => {
  const quiet = colourOf('quiet')
  const grid = { stroke: colourOf('grid'), width: 1 }
  const axis = { stroke: quiet, grid, ticks: { show: false }, font: '12px system-ui, sans-serif' }
  return {
    width: plotted.clientWidth,
    height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: 'embedgate' }, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true, auto: false }, y: { auto: false } },
    axes: [
      {
        ...axis,
        size: 30,
        space: 70,
        values: (_plot, seconds) => seconds.map((at) => timeOfDay(at * 1_000).slice(0, 5)),
      },
      { ...axis, size: 66, space: 34, ...(steps && { incrs: steps }), values: (_plot, values) => values.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dash }) => ({
        label,
        stroke: colourOf(colour),
        width: 1.75,
        dash,
        points: { show: true, size: 4, filter: lonely },
        spanGaps: false,
      })),
    ],
    hooks: { setCursor: [(plot) => tell(plot.cursor.idx ?? undefined)] },
  }
}

/**
 * Values between two gaps: they make no line.
 *
 * @param {uPlot} plot
 * @param {number} line
 */
const lonely = ({ data }, line) => {
  const values = data[line] ?? []
  return Array.from(values.keys()).filter(
    (at) => values[at] != null && values[at - 1] == null && values[at + 1] == null,
  )
}

/** @param {string} name a class; canvases know nothing of style sheets */
const colourOf = (name) => {
  const probe = element('span', { class: name })
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
