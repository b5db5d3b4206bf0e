import type { Priority } from './call.ts'

/** Interactive tokens that are computed for each bulk token while both wait: bulk gets a fifth of the device. */
export const interactivePerBulkToken = 4

/** Decides which class the next batch is for. */
export interface ClassTurns {
  /**
   * Interactive, unless only bulk waits or bulk is owed a batch.
   *
   * @param bulkTokens what bulk's next batch takes; the budget by default
   */
  next(interactiveWaits: boolean, bulkWaits: boolean, bulkTokens?: number): Priority
  /** Counts a batch: what the device computed for `priority`, and whether the other class waited meanwhile. */
  ran(priority: Priority, paddedTokens: number, bulkWaits: boolean): void
}

/**
 * Weighted turns, counted in tokens: interactive texts go first, and while bulk texts wait they are owed a quarter of what
 * interactive ones took. Counting batches instead would favour bulk, whose batches are full.
 */
export const classTurns = (budgetTokens: number): ClassTurns => {
  let owedTokens = 0
  return {
    next: (interactiveWaits, bulkWaits, bulkTokens = budgetTokens) =>
      !bulkWaits || (interactiveWaits && owedTokens < bulkTokens) ? 'interactive' : 'bulk',
    ran(priority, paddedTokens, bulkWaits) {
      if (!bulkWaits) owedTokens = 0
      else if (priority === 'interactive') owedTokens += paddedTokens / interactivePerBulkToken
      else owedTokens = Math.max(0, owedTokens - paddedTokens)
    },
  }
}
