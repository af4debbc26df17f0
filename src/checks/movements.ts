/** What becomes of movements with the next sync of an instance of which they are not carried over. */
import type { InstanceConfig } from '../config';
import {
  isOtherBeginning,
  lackingText,
  OTHER_ACCOUNT,
  SOURCE_BALANCE_UNREAD,
  SOURCE_BALANCE_USED,
} from '../domain/opening/declined';
import { rfc3339 } from '../domain/posting';
import { howToGrant } from '../domain/movements/stripe-rights';
import type { Connection } from '../engine/deps';
import { isNew, lackingRights, whatItBeginsWith } from '../engine/opening/enabled-by-default';
import { instanceOf, sinceOf, unbound } from '../engine/instance-settings';
import { readIdentity } from '../engine/source';
import type { Db } from '../store/db';
import { currentSource } from '../store/sources';
import type { Finding, Probe } from './probe';

/**
 * Whether a new instance begins with them, as far as its settings say.
 * @param open undefined: no database is there, and so no sync has run
 * @throws SyncError INSTANCE_FROZEN, SYNC_SINCE_REQUIRED
 */
export async function beginsByItself(
  config: InstanceConfig,
  open: (() => Promise<Db>) | undefined,
): Promise<boolean> {
  if (!config.movements || !open) return config.movements;
  const db = await open();
  return isNew(db, await currentSource(db, config.id), await instanceOf(db, config));
}

/** @param open undefined: no database is there */
export function movementsProbe(ends: Connection, open: (() => Promise<Db>) | undefined): Probe {
  return {
    name: 'movements',
    after: ['database', 'Stripe key', 'settings', 'Blnk read'],
    run: async (signal) =>
      (await beginsByItself(ends.config, open)) ? withFirst(ends, signal) : alone(ends, signal),
  };
}

async function withFirst(ends: Connection, signal: AbortSignal): Promise<Finding> {
  const instance = unbound(ends.config);
  const account = await readIdentity(ends, signal);
  const { lacking, begun } = await whatItBeginsWith(ends, account, instance, signal);
  if (lacking.length > 0) {
    return {
      ok: true,
      detail: `the first sync would leave it at pay-ins: ${lackingText(lacking)}`,
      next: beforeFirst(lacking, ends.stripe.livemode),
    };
  }
  const since = begun ? begun.cutOver : sinceOf(instance);
  const from = since === null ? 'with the whole history' : `from ${rfc3339(since)} on`;
  const how = begun ? 'go on with what the ledger holds of them' : 'begin';
  const detail = `${how} with the first sync, ${from} (MOVEMENTS=off: pay-ins alone)`;
  return { ok: true, detail };
}

const LATER = 'after the first sync only a person begins with them (`movements enable`)';

function beforeFirst(lacking: readonly string[], livemode: boolean): string {
  if (lacking.some(isOtherBeginning))
    return 'Give it the SYNC_SINCE that it had before: they go on then.';
  if (lacking.includes(SOURCE_BALANCE_UNREAD)) return `Give it that right now: ${LATER}.`;
  if (lacking.includes(SOURCE_BALANCE_USED) || lacking.includes(OTHER_ACCOUNT)) {
    return '`movements plan` shows what stands on it once the first sync has read the pay-ins, and `movements enable` begins.';
  }
  return `Now, since ${LATER}: ${howToGrant(livemode)}`;
}

/** One that exists, or whose settings want no more. */
async function alone({ stripe }: Connection, signal: AbortSignal): Promise<Finding> {
  const lacking = await lackingRights(stripe, signal);
  if (lacking.length === 0) {
    const yes = 'the key may read them: `movements plan` shows what they would begin with';
    return { ok: true, detail: `${PAY_INS_ALONE}; ${yes}` };
  }
  const next = `Before \`movements enable\`: ${howToGrant(stripe.livemode)}`;
  return { ok: true, detail: `${PAY_INS_ALONE}; ${lackingText(lacking)}`, next };
}

const PAY_INS_ALONE = 'pay-ins alone are carried over';
