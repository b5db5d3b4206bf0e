import type { Panel } from '../spec.ts'

/** Where a panel is, in Grafana's grid of 24 columns. */
export interface Place {
  readonly x: number
  readonly y: number
  readonly w: number
  readonly h: number
}

const columns = 24
const heights = { number: 4, graph: 8 } as const

/**
 * Places the panels of a row below `top`: numbers side by side in one line, graphs by threes where that comes out even and by
 * twos otherwise. Each line is full.
 */
export const layout = (panels: readonly Panel[], top: number): readonly Place[] => {
  const numbers = panels.filter(({ drawn }) => drawn === 'number').length
  const graphs = panels.length - numbers
  const below = numbers > 0 ? top + heights.number : top
  return [...line(numbers, top, heights.number), ...graphLines(graphs, below)]
}

/** What is below the last of `places`. */
export const bottomOf = (places: readonly Place[]): number => Math.max(0, ...places.map(({ y, h }) => y + h))

const graphLines = (count: number, top: number): readonly Place[] => {
  const perLine = count % 3 === 0 ? 3 : 2
  const lines = Math.ceil(count / perLine)
  return Array.from({ length: lines }, (_, index) =>
    line(Math.min(perLine, count - index * perLine), top + index * heights.graph, heights.graph),
  ).flat()
}

/** The first ones are a column wider where they do not share the line evenly. */
const line = (count: number, y: number, h: number): readonly Place[] => {
  const least = Math.floor(columns / count)
  const wider = columns % count
  return Array.from({ length: count }, (_, index) => ({
    x: index * least + Math.min(index, wider),
    y,
    w: index < wider ? least + 1 : least,
    h,
  }))
}
