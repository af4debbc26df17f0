/** What a proof says to whoever keeps the books: its states, its lines and what it names. */
import { saidToOwner } from '../domain/code-text';
import { OPENING_WAITS } from '../domain/opening/opening-wait';
import type { Proof, ProofState } from '../domain/proof/proof';
import { PROOF_ITEMS, type ItemInfo, type ItemKind } from '../domain/proof/proof-items';
import type { ProofLine } from '../domain/proof/proof-lines';
import { asSentence } from '../domain/text';
import { tellCode, type Tone } from './words';

interface StateWords {
  /** In a badge. */
  readonly text: string;
  readonly tone: Tone;
  readonly title: string;
  readonly says: string;
}

export const PROOF_STATE: Readonly<Record<ProofState, StateWords>> = {
  proven: {
    text: 'Proven',
    tone: 'good',
    title: 'Proven: the ledger holds what Stripe holds',
    says: 'Stripe’s balance, everything that Stripe lists of it and the ledger agree in every currency.',
  },
  explained: {
    text: 'Explained',
    tone: 'warn',
    title: 'The ledger and Stripe agree, and every difference is named',
    says: 'The figures are right as they are shown. What is named waits for somebody to work through it.',
  },
  broken: {
    text: 'Broken',
    tone: 'bad',
    title: 'The ledger does not hold what Stripe holds',
    says: 'Something is missing, too much, or different. What was found is named with what to do about it.',
  },
  waiting: {
    text: 'Waiting',
    tone: 'warn',
    title: 'Not decided yet',
    says: 'Stripe may not list all that has moved yet, something is still to be booked, or too few readings of its balance add up. A later run decides; nothing has to be done.',
  },
  not_read: {
    text: 'Not read',
    tone: 'quiet',
    title: 'Not proven: not everything could be read',
    says: 'Nothing is known to be wrong, and nothing is shown to be right.',
  },
};

/** What the opening balance waits for, where a proof waits for that; empty: it does not. */
function openingTexts({ currencies }: Proof): string[] {
  const waits = new Set(currencies.flatMap(({ opening }) => opening ?? []));
  return [...waits].map((wait) => {
    const { what, next } = saidToOwner(OPENING_WAITS[wait]);
    return `The opening balance is not certain yet: ${what}. To do: ${next.replace(/\.$/, '')}.`;
  });
}

/** What a proof that has found nothing says for itself. */
export function proofSays(proof: Proof): string {
  const { says } = PROOF_STATE[proof.state];
  const texts =
    proof.state === 'not_read'
      ? unreadTexts(proof)
      : proof.state === 'waiting'
        ? openingTexts(proof)
        : [];
  return texts.length > 0 ? texts.join(' ') : says;
}

/** What keeps a proof from being made, and what to do about it; empty: nothing does. */
export function unreadTexts(proof: Proof): string[] {
  const { currencies } = proof;
  if (currencies.length === 0) return ['No currency has had any money or movement yet.'];
  const texts = rowsTexts(proof);
  if (currencies.some(({ stripe }) => stripe === null)) {
    texts.push(
      'Stripe’s balance was not told. If that stays so, the key may not read it: make one that may read “Balance” too, and give it on the page “Stripe”.',
    );
  }
  if (currencies.some(({ ledger }) => ledger === null)) {
    texts.push(
      'The ledger’s balance was not told. If that stays so, Blnk does not let the app read it: install the app again with the right to read data.',
    );
  }
  return texts;
}

/** Why the rows of Stripe's balance were not read to their end; of all currencies it is the same. Empty: they were. */
export function rowsTexts({ currencies }: Pick<Proof, 'currencies'>): string[] {
  const unread = currencies.find((one) => one.unread !== undefined)?.unread;
  if (unread === undefined) return [];
  const { code, right } = unread;
  if (right !== null) {
    return [
      `The key may not read what has moved Stripe’s balance (${right}), so fees, refunds, payouts and the like are not booked. Grant it (read) in the Stripe Dashboard, or give another key on the page “Stripe”: later runs book and prove what is left by themselves.`,
    ];
  }
  const what = tellCode(code ?? undefined)?.what;
  return [
    `What has moved Stripe’s balance was not read to the end${code === null ? '' : ` (${code})`}.${what === undefined ? '' : ` ${what}.`} The next run reads on; if it stays so, tell whoever runs this program.`,
  ];
}

/** @param source what the source balance is called */
export function lineText({ name }: ProofLine, source: string): string {
  switch (name) {
    case 'stripe':
      return 'Stripe’s balance';
    case 'ledger':
      return `Ledger, balance ${source}`;
    case 'not_yet':
      return 'Booked, not yet in Stripe’s balance';
    case 'set_aside':
      return 'Set aside, not in the ledger';
    case 'accepted':
      return 'Posted by others and accepted';
    case 'moved_since':
      return 'Moved after Stripe stated its balance';
    case 'unexplained':
      return 'Unexplained';
  }
}

export function itemWords(kind: ItemKind): { readonly what: string; readonly next: string } {
  const info: ItemInfo = PROOF_ITEMS[kind];
  const { what, next } = saidToOwner(info);
  return { what: asSentence(what), next };
}

/** Where two sides differ: whose the other one is. */
export function otherSide(kind: ItemKind): string {
  return kind === 'other_at_stripe' ? 'At Stripe' : 'In the ledger';
}
