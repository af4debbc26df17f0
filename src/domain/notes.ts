/** What a sync notes of itself, beside how it ended (docs/errors.md). */

/** Stripe did not let the rows of its balance be read to their end; the code and the right stand behind it. */
export const ROWS_NOT_READ = 'ROWS_NOT_READ';

/** Stripe did not tell of disputes, charges and payments. */
export const FOLLOW_UPS_NOT_READ = 'FOLLOW_UPS_NOT_READ';

/** What is left to the next run is told by that one, and by each that follows, for as long as it stays so. */
export const LEFT_TO_NEXT: readonly string[] = [ROWS_NOT_READ, FOLLOW_UPS_NOT_READ];
