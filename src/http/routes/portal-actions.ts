/** POST /portal/…: the forms of the portal. Each leads to a page again, which tells what came of it. */
import type { FastifyInstance, FastifyRequest, RouteShorthandOptions } from 'fastify';
import { z } from 'zod';
import { SyncError, type ErrorCode } from '../../domain/errors';
import { parseBody } from '../body';
import { clientOf } from '../client-address';
import {
  approveInstall,
  cancel,
  choosePace,
  close,
  disconnect,
  pause,
  refuseInstall,
  resume,
  retry,
  syncNow,
  type Done,
  type Tried,
} from '../../portal/actions';
import { leftPage, replacedPage } from '../../portal/layout';
import type { Choice } from '../../store/set-aside';
import { planFirst } from '../../portal/first-plan';
import { queryOf } from '../../portal/paging';
import { PACES, type Pace } from '../../portal/schedule';
import { confirmKey, offerKey, STEP_MS } from '../../portal/stripe-offer';
import type { Page, PortalDeps, Visit } from '../../portal/visit';
import { Secret } from '../../secret';
import { keepOffer } from '../../store/portal-sessions';
import type { Door } from './portal-door';

/** Where an action leads: a page, and what it tells there. */
interface Outcome {
  readonly page: Page | '';
  readonly more?: string;
  readonly done?: Done;
}

const paces = Object.keys(PACES) as [Pace, ...Pace[]];

/** One line, kept with what was closed. */
const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);

const CHOSEN = {
  payment: z
    .string()
    .regex(/^pi_[A-Za-z0-9_]{1,250}$/)
    .optional(),
  reason: z
    .string()
    .regex(/^\w{1,60}$/)
    .optional(),
};
const retryForm = z.object(CHOSEN);
const closeForm = z.object({ ...CHOSEN, note: line(500), by: line(100) });
const installForm = z.object({ install: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/) });
const paceForm = z.object({ pace: z.enum(paces) });
const keyForm = z.object({ key: z.string().max(300) });
const planForm = z.object({
  change: z.literal('yes').optional(),
  from: z.enum(['day', 'all']).optional(),
  day: z.string().max(10).optional(),
});
/** From which day on an owner books, and whether another account or mode is meant. */
function choiceOf({ change, from, day = '' }: z.infer<typeof planForm>) {
  return { change: change === 'yes', since: from === 'day' ? day : (from ?? '') };
}

const confirmForm = planForm.extend({
  account: z.string().max(100),
  mode: z.enum(['live', 'test']),
});

/** Asking Stripe takes longer than any other route may. */
const SLOW: RouteShorthandOptions = { handlerTimeout: STEP_MS + 5_000 };

export function portalActions(app: FastifyInstance, deps: PortalDeps, door: Door): void {
  const { publicUrl, log, db } = deps;

  app.post('/portal/:instance/logout', async (request, reply) => {
    const visit = await door.enterToAct(request);
    await door.leave(visit, reply);
    log.info({ ...factsOf(request, visit), action: 'logout' }, 'portal.action');
    return reply.type('text/html; charset=utf-8').send(leftPage(publicUrl));
  });

  app.post('/portal/:instance/installs/approve', async (request, reply) => {
    const visit = await door.enterToAct(request);
    const { install } = parseBody(installForm, request.body);
    try {
      await approveInstall(deps, visit, install);
    } catch (error) {
      if (!(error instanceof SyncError) || !isTold(error.code)) throw error;
      return reply.redirect(visit.at('', `?problem=${error.code}`), 303);
    }
    log.info({ ...factsOf(request, visit), approved: install }, 'install.approved');
    return reply.type('text/html; charset=utf-8').send(replacedPage(publicUrl));
  });

  const action = (
    path: string,
    back: { readonly page: Page | ''; readonly more?: string },
    work: (visit: Visit, body: unknown) => Promise<Outcome>,
    options: RouteShorthandOptions = {},
  ) =>
    app.post(`/portal/:instance/${path}`, options, async (request, reply) => {
      const visit = await door.enterToAct(request);
      const outcome = await work(visit, request.body).catch((error: unknown): string => {
        if (!(error instanceof SyncError) || !isTold(error.code)) throw error;
        return error.code;
      });
      const code = typeof outcome === 'string' ? outcome : undefined;
      log.info({ ...factsOf(request, visit), action: path, code }, 'portal.action');
      return reply.redirect(addressOf(visit, outcome, back), 303);
    });

  action('sync', { page: '' }, async (visit) => ({ page: '', done: await syncNow(deps, visit) }));
  action('cancel', { page: '' }, async (visit) => ({ page: '', done: await cancel(deps, visit) }));
  action('quarantine/retry', { page: 'quarantine' }, async (visit, body) => {
    const chosen = chosenIn(parseBody(retryForm, body));
    return triedAt(chosen, await retry(deps, visit, chosen));
  });
  action('quarantine/post', { page: 'quarantine' }, async (visit, body) => {
    const { note, by, ...rest } = parseBody(closeForm, body);
    const chosen = chosenIn(rest);
    return triedAt(chosen, await retry(deps, visit, chosen, { by, note }));
  });
  action('quarantine/close', { page: 'quarantine' }, async (visit, body) => {
    const { note, by, ...rest } = parseBody(closeForm, body);
    const chosen = chosenIn(rest);
    const done = await close(deps, visit, chosen, { by, note });
    return { ...shownAfter(chosen), done };
  });
  action('stripe/disconnect', { page: 'stripe' }, async (visit) => ({
    page: 'stripe',
    done: await disconnect(deps, visit),
  }));
  action('installs/refuse', { page: '' }, async (visit, body) => {
    const { install } = parseBody(installForm, body);
    const done = await refuseInstall(deps, visit, install);
    const { instanceId } = visit.session;
    log.info({ instanceId, installId: install }, 'install.refused_by_owner');
    return { page: '', done };
  });
  action('schedule', { page: 'schedule' }, async (visit, body) => {
    const { pace } = parseBody(paceForm, body);
    return { page: 'schedule', done: await choosePace(deps, visit, pace) };
  });
  action('schedule/pause', { page: 'schedule' }, async (visit) => ({
    page: 'schedule',
    done: await pause(deps, visit),
  }));
  action('schedule/resume', { page: 'schedule' }, async (visit) => ({
    page: 'schedule',
    done: await resume(deps, visit),
  }));
  action(
    'stripe',
    { page: 'stripe' },
    async (visit, body) => {
      await offerKey(deps, visit, new Secret(parseBody(keyForm, body).key.trim()));
      return { page: 'stripe', more: '/confirm' };
    },
    SLOW,
  );
  action(
    'stripe/plan',
    { page: 'stripe', more: '/confirm' },
    async (visit, body) => {
      await planFirst(deps, visit, choiceOf(parseBody(planForm, body)));
      return { page: 'stripe', more: '/confirm' };
    },
    SLOW,
  );
  action(
    'stripe/confirm',
    { page: 'stripe', more: '/confirm' },
    async (visit, body) => {
      const { account, mode, ...form } = parseBody(confirmForm, body);
      await confirmKey(deps, visit, { account, mode, ...choiceOf(form) });
      return { page: '', done: 'connected' };
    },
    SLOW,
  );
  action('stripe/discard', { page: 'stripe' }, async ({ session }) => {
    await keepOffer(db, session.tokenHash, null);
    return { page: 'stripe', done: 'discarded' };
  });
}

/** Who did it, and by which install he was let in. */
function factsOf(request: FastifyRequest, { session }: Visit) {
  const { instanceId, installId } = session;
  return { client: clientOf(request), instanceId, installId };
}

function chosenIn({ payment, reason }: z.infer<typeof retryForm>): Choice {
  if (payment !== undefined) return { kind: 'one', id: payment };
  return reason === undefined ? { kind: 'all' } : { kind: 'reason', reason };
}

/** Where a person sees what came of it: the payment's own page, where one was chosen. */
function shownAfter(choice: Choice): Pick<Outcome, 'page' | 'more'> {
  if (choice.kind !== 'one') return { page: 'quarantine' };
  return { page: 'payments', more: `/${choice.id}` };
}

/** Of many, a page of its own tells what came of them. */
function triedAt(choice: Choice, { due, at, done }: Tried): Outcome {
  if (choice.kind === 'one') return { ...shownAfter(choice), done };
  const reason = choice.kind === 'reason' ? choice.reason : undefined;
  return { page: 'quarantine', more: `/tried${queryOf({ at: at.getTime(), due, reason })}`, done };
}

function addressOf(
  { at }: Visit,
  outcome: Outcome | string,
  back: { readonly page: Page | ''; readonly more?: string },
): string {
  if (typeof outcome === 'string') return at(back.page, `${back.more ?? ''}?problem=${outcome}`);
  const { page, more = '', done } = outcome;
  const sign = more.includes('?') ? '&' : '?';
  return at(page, `${more}${done === undefined ? '' : `${sign}done=${done}`}`);
}

/** What a person can do something about is told beside the form; the rest is a page of its own. */
function isTold(code: ErrorCode): boolean {
  return !['INTERNAL', 'STORE_UNAVAILABLE', 'PAYLOAD_INVALID', 'SCHEMA_BEHIND'].includes(code);
}
