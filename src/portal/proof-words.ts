/** What a proof says to whoever keeps the books: its states, its lines and what it names. */
import { saidToOwner } from '../domain/code-text';
import { OPENING_WAITS } from '../domain/opening/opening-wait';
import type { Proof, ProofState } from '../domain/proof/proof';
import { PROOF_ITEMS, type ItemInfo, type ItemKind } from '../domain/proof/proof-items';
import type { ProofLine } from '../domain/proof/proof-lines';
import { asSentence } from '../domain/text';
import type { Tone } from './words';

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
    says: 'Something has moved that Stripe does not list yet, or is still to be booked. The next run decides; nothing has to be done.',
  },
  not_read: {
    text: 'Not read',
    tone: 'quiet',
    title: 'Not proven: a balance could not be read',
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
export function unreadTexts({ currencies }: Proof): string[] {
  if (currencies.length === 0) return ['No currency has had any money or movement yet.'];
  const texts: string[] = [];
  if (currencies.some(({ stripe }) => stripe === null)) {
    texts.push(
      'Stripe’s balance was not told. If that stays so, the key may not read it: make one that may read “Balance” too, and give it below “Stripe”.',
    );
  }
  if (currencies.some(({ ledger }) => ledger === null)) {
    texts.push(
      'The ledger’s balance was not told. If that stays so, Blnk does not let the app read it: install the app again with the right to read data.',
    );
  }
  return texts;
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
