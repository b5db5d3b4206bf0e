/**
 * An interactive text that came within this time makes it likely that more come. A batch that runs cannot be interrupted, so that
 * bulk keeps one worker free for them, and its batches small.
 */
export const interactiveLatelyMs = 1_000
