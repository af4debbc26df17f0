/** `movements status`: since when they are carried over, what that began with, and what the key lacks. */
import { formatAmount } from '../domain/money';
import { rfc3339 } from '../domain/posting';
import { declinedText } from '../domain/opening/declined';
import { openingWaitText } from '../domain/opening/opening-wait';
import { formatTime } from '../domain/text';
import { EXIT } from '../exit';
import { readDeclined, readOpenings, type KeptOpening } from '../store/openings';
import { currentSource } from '../store/sources';
import type { Context } from './context';
import { cutText } from './movements-enable';
import { lackedRights } from './movements-rights';
import { table } from './output';
import { CALLED } from './verb';

export async function movementsStatus(context: Context): Promise<number> {
  const { findOpening } = await import('../engine/opening/opening.js');
  const [db, ends] = [await context.db(), await context.ends()];
  const instanceId = await context.instanceId();
  const there = await findOpening(db, ends);
  const openings = there ? await readOpenings(db, there.source.sourceId) : [];
  const rights = await lackedRights(context);
  const opened = there?.opened;
  const since = opened?.since ?? null;
  const head =
    opened === undefined
      ? `Pay-ins alone are carried over. What movements would begin with: ${CALLED} movements plan`
      : since === null
        ? `Pay-ins alone are carried over. Movements were once, ${cutText(opened)}.`
        : `Movements are carried over ${cutText(opened)}, enabled ${formatTime(since)}.`;
  const awaits = opened?.awaits ?? null;
  const source = await currentSource(db, instanceId);
  const declined = source ? await readDeclined(db, source.sourceId) : null;
  context.output.data(
    {
      instanceId,
      enabled: since !== null,
      since: since?.toISOString() ?? null,
      openedAt: opened?.openedAt.toISOString() ?? null,
      cutOver: typeof opened?.cutOver === 'number' ? rfc3339(opened.cutOver) : null,
      openings: openings.map(toJson),
      openingAwaits: awaits,
      declined,
      rights: rights.json,
    },
    [
      head,
      ...(awaits === null ? [] : [`Its ${openingWaitText(awaits)}.`]),
      ...(declined === null ? [] : [`They were ${declinedText(declined)}.`]),
      ...(openings.length > 0 ? [asTable(openings)] : []),
      rights.text === '' ? 'The key has every right that they need.' : rights.text,
    ].join('\n'),
  );
  return EXIT.done;
}

function asTable(openings: readonly KeptOpening[]): string {
  const header = ['', 'held at the cut-over', 'pay-ins before', 'opening', 'absorbed'];
  const rows = openings.map(({ currency, held, earlier, amount, absorbed }) => [
    currency,
    ...[held, earlier, amount, absorbed.debits - absorbed.credits].map((one) =>
      formatAmount(one, currency.toUpperCase()),
    ),
  ]);
  return table(header, rows);
}

function toJson({ currency, held, earlier, amount, absorbed }: KeptOpening) {
  return {
    currency,
    held: String(held),
    payInsBefore: String(earlier),
    opening: String(amount),
    absorbed: { debits: String(absorbed.debits), credits: String(absorbed.credits) },
  };
}
