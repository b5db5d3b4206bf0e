import { Type, type Static } from 'typebox'

const faultNames = ['error', 'hang', 'slow', 'nan', 'short', 'busy', 'drop', 'down'] as const

/**
 * What goes wrong: `error` the engine fails; `hang` no answer until the call is over; `slow` ten times the latency and at
 * least 100 ms; `nan` a row that is not finite; `short` a row too few; `busy` its queue is full; `drop` the connection
 * breaks; `down` it can do nothing and its health says so.
 */
export type FaultName = (typeof faultNames)[number]

/** A fault and when it shows: a window of time since the start, or of calls, or of both. */
export const FaultWindow = Type.Object(
  {
    fault: Type.Union(faultNames.map((name) => Type.Literal(name))),
    afterMs: Type.Optional(
      Type.Integer({ minimum: 0, description: 'Begins this long after the start; at once by default.' }),
    ),
    forMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Lasts this long; for ever by default.' })),
    afterCalls: Type.Optional(Type.Integer({ minimum: 0, description: 'Spares the first calls; none by default.' })),
    forCalls: Type.Optional(Type.Integer({ minimum: 1, description: 'Hits this many calls; all by default.' })),
  },
  { additionalProperties: false },
)

/** One line of a script of faults. */
export type FaultWindow = Omit<Static<typeof FaultWindow>, 'fault'> & { readonly fault: FaultName }

/** Options of a backend of kind `synthetic`. */
export const SyntheticOptions = Type.Object(
  {
    dims: Type.Integer({ minimum: 1, default: 384, description: 'Width of its vectors.' }),
    maxTokens: Type.Integer({ minimum: 3, default: 256, description: 'Tokens it reads per text; the rest is cut.' }),
    latencyMs: Type.Number({ minimum: 0, default: 0, description: 'Time of every call.' }),
    msPerToken: Type.Number({ minimum: 0, default: 0, description: 'Time added per token of a call.' }),
    jitterMs: Type.Number({ minimum: 0, default: 0, description: 'Up to this much time is added at random.' }),
    failRatio: Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'Share of calls that fail at random.' }),
    seed: Type.Integer({ default: 1, description: 'Of what is random: jitter and failures, never vectors.' }),
    faults: Type.Array(FaultWindow, {
      default: [],
      description: 'A script of faults; the first line that fits counts.',
    }),
  },
  { additionalProperties: false },
)

/** Options of a backend of kind `synthetic`, complete. */
export type SyntheticOptions = Omit<Static<typeof SyntheticOptions>, 'faults'> & {
  readonly faults: readonly FaultWindow[]
}
