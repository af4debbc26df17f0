/** What works and should not stay so: told at the start of each program and by `check`. */

export interface Unsafe {
  /** The setting that it is about. */
  readonly setting: 'STRIPE_SECRET_KEY' | 'BLNK_URL';
  readonly what: string;
  readonly next: string;
}

export interface InUse {
  /** undefined: there is none. */
  readonly stripeKey?: string | undefined;
  readonly ledgerUrl?: string | undefined;
}

/** @returns texts without any value */
export function unsafeOf({ stripeKey, ledgerUrl }: InUse): Unsafe[] {
  const found: Unsafe[] = [];
  if (stripeKey?.startsWith('sk_live_') === true) {
    found.push({
      setting: 'STRIPE_SECRET_KEY',
      what: 'A live secret key may do everything; this program only reads',
      next: 'Make a restricted key (rk_live_…) with the read permissions of SECURITY.md, and use it instead.',
    });
  }
  if (isPlainRemote(ledgerUrl)) {
    found.push({
      setting: 'BLNK_URL',
      what: 'The key of the ledger and all pay-ins go over the network in clear',
      next: 'Put TLS in front of Blnk Core and use https, unless both are on a network of their own.',
    });
  }
  return found;
}

/** http to another machine: whoever is on the way reads along. */
export function isPlainRemote(base: string | undefined): boolean {
  if (base === undefined || !URL.canParse(base)) return false;
  const url = new URL(base);
  return url.protocol === 'http:' && !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
}
