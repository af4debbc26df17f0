/** A problem in words for people who have no command line at hand: codes and ids, never a key or an amount. */
import type { AlertText } from '../blnk/cloud-alerts';
import { PROBLEMS } from '../domain/problems';
import type { Telling } from '../store/alert-channels';

type Told = Pick<Telling, 'problem' | 'subject' | 'codes' | 'openedAt' | 'closedAt'>;

/** For the alert in Blnk Cloud. Its words for states are not documented, so its title says that it is over. */
export function alertText({ problem, subject, codes, openedAt, closedAt }: Told): AlertText {
  const { what, next } = PROBLEMS[problem];
  const about = [...(subject === '' ? [] : [subject]), ...codes].join(', ');
  // Not how long it is so: that nothing was proven for a day is noticed when the day is over.
  const fact = `${what}${about === '' ? '' : ` (${about})`}. Open since ${openedAt.toISOString()}`;
  const title = `Stripe Sync: ${what}`;
  if (closedAt === null) return { title, description: `${fact}. ${next}` };
  return {
    title: `${title} - Resolved`,
    description: `${fact}, over since ${closedAt.toISOString()}.`,
  };
}

/** What ALERT_WEBHOOK_URL is sent. Receivers rely on it: fields are added, never changed. */
export interface WebhookBody {
  readonly version: 1;
  readonly event: 'problem.opened' | 'problem.over';
  readonly instanceId: string;
  readonly problem: string;
  /** The PaymentIntent that it is about; null: the instance as a whole. */
  readonly subject: string | null;
  /** Reasons, error codes, names of permissions, currencies. */
  readonly codes: readonly string[];
  readonly what: string;
  readonly next: string;
  /** RFC 3339, UTC. */
  readonly openedAt: string;
  readonly overAt: string | null;
}

export function webhookBody(told: Told & Pick<Telling, 'instanceId'>): WebhookBody {
  const { instanceId, problem, subject, codes, openedAt, closedAt } = told;
  return {
    version: 1,
    event: closedAt === null ? 'problem.opened' : 'problem.over',
    ...{ instanceId, problem },
    subject: subject === '' ? null : subject,
    codes,
    ...PROBLEMS[problem],
    openedAt: openedAt.toISOString(),
    overAt: closedAt?.toISOString() ?? null,
  };
}
