import { request } from 'undici'

/** What a gateway has refused since it started, by stage and reason, in words. */
export const shedReasons = async (url: string): Promise<string> => {
  const { body } = await request(`${url}/metrics`)
  const lines = (await body.text()).matchAll(
    /^embedgate_shed_total\{stage="(\w+)",priority="\w+",reason="(\w+)"\} (\d+)/gm,
  )
  const reasons = [...lines].map(([, stage, reason, count]) => `${count} ${stage} ${reason}`)
  return reasons.length === 0 ? 'Nothing was refused.' : `Refused: ${reasons.join(', ')}.`
}
