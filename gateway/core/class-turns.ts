import type { Priority } from './call.ts'

/** Interactive tokens that are computed for each bulk token while both wait: bulk gets a fifth of the device. */
export const interactivePerBulkToken = 4

/** The class that shares the device with a class. */
export const otherClass = { interactive: 'bulk', bulk: 'interactive' } as const satisfies Record<Priority, Priority>

/** Decides which class the next turn is for: a batch, or a call of an engine. */
export interface ClassTurns {
  /** Interactive, unless only bulk waits or bulk is owed a turn. */
  next(interactiveWaits: boolean, bulkWaits: boolean): Priority
  /** Counts a turn: what is computed for `priority`, and whether the other class waits meanwhile. */
  ran(priority: Priority, tokens: number, otherWaits: boolean): void
}

/**
 * Weighted turns, counted in tokens: interactive texts go first, and while bulk texts wait they are owed a quarter of what
 * interactive ones took. Counting turns instead would favour bulk, whose turns are full.
 *
 * A turn of bulk that takes more than it was owed is paid for afterwards, so that a large one need not wait for all of its
 * share: its debt is less than that turn, and its credit at most `turnTokens` and a quarter of one interactive turn.
 *
 * @param turnTokens what bulk is owed before its turn
 */
export const classTurns = (turnTokens: number): ClassTurns => {
  let owedTokens = 0
  return {
    next: (interactiveWaits, bulkWaits) =>
      !bulkWaits || (interactiveWaits && owedTokens < turnTokens) ? 'interactive' : 'bulk',
    ran(priority, tokens, otherWaits) {
      owedTokens += priority === 'interactive' ? tokens / interactivePerBulkToken : -tokens
      if (otherWaits) return
      // What one class takes while the other does not wait is no claim on it. An earlier debt of bulk stays until it is paid:
      // whoever sends one large call after another never waits with the next while one runs.
      owedTokens = priority === 'interactive' ? Math.min(0, owedTokens) : Math.max(0, owedTokens)
    },
  }
}
