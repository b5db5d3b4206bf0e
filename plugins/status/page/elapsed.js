/**
 * A time as people say it: `12 s`, `4 min`, `3 h 10 min`, `2 d 4 h`. The gateway says it in its sentence as the page does.
 *
 * @param {number} ms
 */
export const elapsed = (ms) => {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  if (seconds < 60) return `${seconds} s`
  if (minutes < 60) return `${minutes} min`
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}
