/** What plugin authors import from `embedgate`. */
export type { Gateway } from './decorators.ts'
export { GatewayError, BackendError, CallerGone, errorTable, outcomeOf, reasonOf } from './core/errors.ts'
export type { BackendFault, ErrorCode, ErrorDetail, Outcome } from './core/errors.ts'
export { computed, rowSource, vectorOf } from './core/embeddings.ts'
export type { EmbedBatch, Embeddings, EncodingFormat, RowSource, Try } from './core/embeddings.ts'
export type {
  Backend,
  BackendContext,
  BackendKind,
  BackendParts,
  BackendPolicy,
  Health,
  Limits,
  PassThrough,
} from './core/backend.ts'
export type { Call, CacheDirective, Priority } from './core/call.ts'
export type { Cancel, Clock } from './core/clock.ts'
export { systemClock } from './core/clock.ts'
export type { Deadline } from './core/deadline.ts'
export type { EmbedFn, Layer, Where } from './core/layer.ts'
export type { Log } from './core/log.ts'
export type { Bound, Meter } from './core/meter.ts'
export type { Model, OnTooLong, References } from './core/model.ts'
export { order, ownSlots } from './core/order.ts'
export type { OpenSlot, Slot } from './core/order.ts'
export type {
  Backends,
  ChainSlots,
  Drift,
  ReplicaState,
  ReplicaStatus,
  ServedModel,
  ServedModels,
  TierStatus,
} from './core/served-model.ts'
export { spaceId } from './core/space.ts'
export type { Pooling, Space, SpaceId } from './core/space.ts'
