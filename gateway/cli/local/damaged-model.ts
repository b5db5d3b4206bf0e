import type { FastifyInstance } from 'fastify'
import type { Health } from '../../core/backend.ts'
import { GatewayError } from '../../core/errors.ts'
import { replicaName } from '../../core/replica-name.ts'
import type { ReplicaStatus, ServedModel } from '../../core/served-model.ts'

/** How long backends may take to say why they are down: what a health page gives them. */
const askMs = 1_000

/**
 * Looks for a model that nothing will compute because its files are damaged: no tier of it can be called or is on its way,
 * and every backend of it that this machine must have is down for `EG_MODEL_CORRUPT`.
 *
 * @returns what a backend says of it, with path and remedy
 */
export const damagedModel = async (
  app: FastifyInstance,
  models: readonly ServedModel[] = app.models.list(),
): Promise<GatewayError | undefined> => {
  const lost = models.map(lostReplicas).filter((replicas) => replicas.length > 0)
  if (lost.length === 0) return undefined
  const asked = await app.backends.health(AbortSignal.timeout(askMs))
  for (const replicas of lost) {
    const answers = replicas.map(({ backend, replica }) => asked.get(replicaName(backend, replica)))
    if (answers.every(isDamaged))
      return new GatewayError('EG_MODEL_CORRUPT', answers[0]?.detail ?? 'a model is damaged')
  }
  return undefined
}

/** The replicas to blame when a model cannot be computed; none when it can be, or may be soon. */
const lostReplicas = (served: ServedModel): readonly ReplicaStatus[] => {
  const replicas = served
    .tiers()
    .filter(({ computing }) => computing)
    .flatMap((tier) => tier.replicas)
  if (!replicas.every(({ state }) => state === 'down' || state === 'absent')) return []
  const required = replicas.filter(({ optional }) => !optional)
  return required.length > 0 ? required : replicas
}

const isDamaged = (health: Health | undefined): boolean => health?.code === 'EG_MODEL_CORRUPT'
