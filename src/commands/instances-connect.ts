/** `instances connect`: a ledger and a Stripe account, each key tried before it is stored. */
import type { Context, CommonOptions } from './context';
import { parseSince } from '../config/settings';
import { lackingText } from '../domain/opening/declined';
import { SyncError } from '../domain/errors';
import { howToGrant } from '../domain/movements/stripe-rights';
import { unsafeOf } from '../domain/unsafe';
import { EXIT } from '../exit';
import { connectLedger } from '../instances/connect-ledger';
import { connectStripe, inspectStripe, type StripeOffer } from '../instances/connect-stripe';
import { connectedDeps, settleNow } from './instances-deps';
import { createSecretInput } from './secret-input';

export interface ConnectOptions extends CommonOptions {
  readonly kind: string;
  readonly url?: string;
  readonly stripeOnly?: boolean;
  readonly since?: string;
  readonly change?: boolean;
  readonly yes?: boolean;
}

/** Milliseconds for all probes of a step. */
const LIMIT_MS = 60_000;

export async function connectInstance(context: Context, options: ConnectOptions): Promise<number> {
  const { output } = context;
  const { instance: instanceId } = options;
  if (instanceId === undefined) throw new SyncError('USAGE', { '--instance': 'is needed' });
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(instanceId)) {
    throw new SyncError('USAGE', { '--instance': 'must be up to 64 of A-Z a-z 0-9 _ -' });
  }
  const since = options.since === undefined ? undefined : parseSince(options.since);
  if (options.since !== undefined && since === undefined) {
    throw new SyncError('USAGE', { '--since': 'must be a date (YYYY-MM-DD) or all' });
  }
  const deps = await connectedDeps(context);
  const input = createSecretInput(output);
  if (options.stripeOnly !== true) {
    const ledger = ledgerOf(options, deps.connected.cloudUrl);
    const apiKey = await input.ask('CONNECT_BLNK_KEY', 'Blnk key');
    await connectLedger(deps, { instanceId, ...ledger, apiKey }, AbortSignal.timeout(LIMIT_MS));
    output.say(`Ledger ${ledger.url}: the key works.`);
    for (const { what, next } of unsafeOf({ ledgerUrl: ledger.url }))
      output.say(`${what}. ${next}`);
  }
  const key = await input.ask('CONNECT_STRIPE_KEY', 'Stripe restricted key');
  const offer = await inspectStripe(deps, instanceId, key, AbortSignal.timeout(LIMIT_MS));
  for (const line of linesOf(offer)) output.say(line);
  if (options.yes !== true && !(await input.confirm(`Sync it into ${instanceId}?`))) {
    throw new SyncError('USAGE', { '--yes': 'is needed to confirm it' });
  }
  const { account, livemode } = offer;
  const confirmed = { account, livemode, change: options.change === true, since };
  await connectStripe(deps, instanceId, key, confirmed, AbortSignal.timeout(LIMIT_MS));
  await settleNow(context, deps, instanceId);
  output.data({ instanceId, account, livemode }, `Connected ${instanceId}.`);
  return EXIT.done;
}

function ledgerOf({ kind, url }: ConnectOptions, cloudUrl: URL) {
  if (kind !== 'cloud' && kind !== 'core') {
    throw new SyncError('USAGE', { '--kind': 'must be cloud or core' });
  }
  const address = url ?? (kind === 'cloud' ? cloudUrl.href : '');
  if (!/^https?:\/\/[^\s/@?#]+[^\s@?#]*$/.test(address) || !URL.canParse(address)) {
    throw new SyncError('USAGE', { '--url': 'must be the http(s) address of the ledger' });
  }
  if (kind === 'cloud' && new URL(address).href !== cloudUrl.href) {
    throw new SyncError('USAGE', { '--url': 'is for a Core; for Blnk Cloud set BLNK_CLOUD_URL' });
  }
  if (kind === 'cloud') return { kind, url: cloudUrl.href } as const;
  return { kind, url: address } as const;
}

function linesOf({ account, livemode, permissions, lacking, differs }: StripeOffer): string[] {
  return [
    `Stripe account ${account ?? '(not readable)'}, ${livemode ? 'live' : 'test'} mode`,
    ...permissions.map(
      ({ ok, name, detail }) => `  ${ok ? 'ok     ' : 'missing'}  ${name}: ${detail}`,
    ),
    ...(lacking.length === 0
      ? []
      : [
          `  useful   movements: ${lackingText(lacking)}, so it is enough for pay-ins alone.`,
          `           For more ${howToGrant(livemode)}`,
        ]),
    ...(differs === undefined ? [] : [`It is another ${differs} than before (--change).`]),
  ];
}
