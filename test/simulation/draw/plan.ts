import type { Plan } from '../plan.ts'
import { randomOf } from '../random.ts'
import { drawChains } from './chains.ts'
import { drawFaults } from './faults.ts'
import { drawRequests } from './requests.ts'
import { drawSettings } from './settings.ts'

/** How long requests come, in milliseconds of a history. */
const arrivalsMs = 20_000
/** Faults are over by then, and some requests come later. */
const healedMs = 16_000

/** The plan of a seed: always the same. One in ten is calm. */
export const drawPlan = (seed: number): Plan => {
  const random = randomOf(seed)
  const isCalm = random.chance(0.1)
  const { backends, models } = drawChains(random.of('chains'), isCalm)
  const faulty = isCalm ? backends : drawFaults(random.of('faults'), backends, healedMs)
  const settings = drawSettings(random.of('settings'), isCalm)
  const requests = drawRequests(random.of('requests'), { models, backends, arrivalsMs, isCalm })
  return { seed, backends: faulty, models, requests, settings, isCalm, healedMs }
}
