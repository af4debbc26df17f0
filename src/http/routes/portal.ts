/** GET /portal/…: the pages of the portal, for a session that was launched from Blnk's dashboard. */
import cookies from '@fastify/cookie';
import forms from '@fastify/formbody';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { SyncError } from '../../domain/errors';
import { tellFault } from '../errors';
import { DONE, type Done } from '../../portal/actions';
import { ASSETS, isAssetName } from '../../portal/assets';
import { html, renderFragment, type Html } from '../../portal/html';
import { done, faultPage, layOut, noticeOf, type PageOptions } from '../../portal/layout';
import { readLastUse } from '../../portal/last-use';
import { overviewBody, readOverview } from '../../portal/overview';
import { pageAsked } from '../../portal/paging';
import { paymentBody, readPayment } from '../../portal/payment';
import { permissionsBody } from '../../portal/permissions';
import { PROOFS_SHOWN, proofBody, proofsBody, readProof, readProofs } from '../../portal/proof';
import { progressPart, readProgress, REFRESH_SECONDS } from '../../portal/progress';
import { quarantineBody, quarantineCsv, readQuarantine } from '../../portal/quarantine';
import { readRun, runBody } from '../../portal/run';
import { readRuns, runsBody, runsCsv, searchOf } from '../../portal/runs';
import { isComing, readSchedule, scheduleBody } from '../../portal/schedule';
import { stripeBody } from '../../portal/stripe';
import { confirmBody } from '../../portal/stripe-offer';
import { readTried, triedBody, type WhatWasTried } from '../../portal/tried';
import type { PortalDeps, Visit } from '../../portal/visit';
import { tellCode } from '../../portal/words';
import type { SetAsideFilter } from '../../store/set-aside-pages';
import type { SyncFilter } from '../../store/sync-list';
import { portalActions } from './portal-actions';
import { openDoor } from './portal-door';

export type Show = Omit<PageOptions, 'notice'>;

const HTML = 'text/html; charset=utf-8';

export function portalRoutes(deps: PortalDeps): FastifyPluginAsync {
  const { publicUrl, log } = deps;
  return async (app) => {
    await app.register(cookies);
    // A page of another site can make a browser send a form or a text, but no other type.
    app.removeAllContentTypeParsers();
    await app.register(forms);
    app.addHook('onRequest', (_request, reply, next) => {
      // Else the browser would not say from where a form of ours is sent.
      void reply.header('referrer-policy', 'same-origin');
      next();
    });
    app.setErrorHandler((error, request, reply) => {
      const { status, code } = tellFault(error, request, log);
      void reply.status(status).type(HTML).send(faultPage(publicUrl, code));
    });

    app.get('/portal/assets/:name', (request, reply) => {
      const { name } = request.params as { readonly name: string };
      if (!isAssetName(name)) throw new SyncError('NOT_FOUND');
      const { type, content } = ASSETS[name];
      void reply.header('cache-control', 'public, max-age=31536000, immutable');
      return reply.type(type).send(content);
    });

    const door = openDoor(app, deps);
    const page = (path: string, show: (visit: Visit, request: FastifyRequest) => Promise<Show>) =>
      app.get(`/portal/:instance${path}`, async (request, reply) => {
        const visit = await door.enter(request);
        const options = { ...(await show(visit, request)), notice: noticeFor(request) };
        return reply.type(HTML).send(layOut(publicUrl, visit, options));
      });

    page('', async (visit) => {
      const overview = await readOverview(deps, visit);
      const isIdle = overview.progress.state === 'idle';
      return {
        ...{ title: 'Overview', current: '', body: overviewBody(overview, visit) },
        refresh: isIdle ? undefined : REFRESH_SECONDS,
      };
    });
    const csv = (path: string, name: string, tell: typeof csvOfRuns) =>
      app.get(`/portal/:instance${path}`, async (request, reply) => {
        const text = await tell(await door.enter(request), request);
        void reply.header('content-disposition', `attachment; filename="${name}.csv"`);
        return reply.type('text/csv; charset=utf-8').send(text);
      });
    page('/runs', async (visit, request) => {
      const runs = await readRuns(deps, visit, runsAsked(request), pageOf(request, 'time'));
      return { title: 'Runs', current: 'runs', body: runsBody(runs, visit) };
    });
    const csvOfRuns = (visit: Visit, request: FastifyRequest) =>
      runsCsv(deps, visit, runsAsked(request));
    csv('/runs/csv', 'runs', csvOfRuns);
    page('/runs/:sync', async (visit, request) => {
      const { sync } = request.params as { readonly sync: string };
      const run = await readRun(deps, visit, sync, pageOf(request, 'page'));
      const refresh = run.report.status === 'running' ? REFRESH_SECONDS : undefined;
      return { title: 'Run', current: 'runs', body: runBody(run, visit), refresh };
    });
    page('/proof', async (visit, request) => {
      const proofs = await readProofs(deps, visit, pageOf(request, 'number', PROOFS_SHOWN));
      return { title: 'Proof', current: 'proof', body: proofsBody(proofs, visit) };
    });
    page('/proof/:number', async (visit, request) => {
      const { number } = request.params as { readonly number: string };
      const stored = await readProof(deps, visit, number);
      return { title: `Proof ${stored.id}`, current: 'proof', body: proofBody(stored, visit) };
    });
    page('/quarantine', async (visit, request) => {
      const asked = pageOf(request, 'time');
      const found = await readQuarantine(deps, visit, filterOf(request), asked);
      return { title: 'Set aside', current: 'quarantine', body: quarantineBody(found, visit) };
    });
    page('/quarantine/tried', async (visit, request) => {
      const tried = triedOf(request);
      if (!tried) throw new SyncError('NOT_FOUND');
      const outcome = await readTried(deps, visit, tried);
      const refresh = outcome.progress.state === 'idle' ? undefined : REFRESH_SECONDS;
      const body = triedBody(outcome, visit);
      return { title: 'Tried again', current: 'quarantine', body, refresh };
    });
    csv('/quarantine/csv', 'set-aside', (visit, request) =>
      quarantineCsv(deps, visit, filterOf(request)),
    );
    page('/payments/:payment', async (visit, request) => {
      const { payment } = request.params as { readonly payment: string };
      const row = await readPayment(deps, visit, payment);
      const progress = await readProgress(deps, visit.session.instanceId);
      const body = html`${progressPart(progress, visit)}${paymentBody(row, visit)}`;
      const refresh = progress.state === 'idle' ? undefined : REFRESH_SECONDS;
      return { title: 'Payment', current: 'quarantine', body, refresh };
    });
    page('/stripe', async (visit) => {
      const body = stripeBody(visit, await readLastUse(deps, visit));
      return { title: 'Stripe', current: 'stripe', body };
    });
    page('/stripe/confirm', async (visit) => {
      const body = confirmBody(visit) ?? stripeBody(visit, await readLastUse(deps, visit));
      return { title: 'Confirm the account', current: 'stripe', body };
    });
    page('/schedule', async (visit) => {
      const schedule = await readSchedule(deps, visit);
      const refresh = isComing(schedule, visit) ? REFRESH_SECONDS : undefined;
      const body = scheduleBody(schedule, visit);
      return { title: 'Schedule', current: 'schedule', body, refresh };
    });
    page('/permissions', async (visit) => {
      const body = permissionsBody(visit, await readLastUse(deps, visit));
      return { title: 'Permissions', current: 'permissions', body };
    });
    app.get('/portal/:instance/progress', async (request, reply) => {
      const visit = await door.enter(request, { isUse: false });
      const progress = await readProgress(deps, visit.session.instanceId);
      return reply.type(HTML).send(renderFragment(progressPart(progress, visit)));
    });
    portalActions(app, deps, door);
  };
}

/** By names of ours only: a text from an address would let anybody speak in our name. */
function noticeFor(request: FastifyRequest): Html | undefined {
  const told = tellCode(valueOf(request, 'problem'));
  if (told) return noticeOf(told);
  const name = valueOf(request, 'done') ?? '';
  return isDone(name) ? done(DONE[name]) : undefined;
}

function pageOf(request: FastifyRequest, kind: Parameters<typeof pageAsked>[0], size?: number) {
  const [after, before, n] = ['after', 'before', 'n'].map((name) => valueOf(request, name));
  return pageAsked(kind, { after, before, n }, size);
}

function runsAsked(request: FastifyRequest): SyncFilter {
  const text = (valueOf(request, 'q') ?? '').trim().slice(0, 200);
  const search = searchOf(/^[\w:-]*$/.test(text) ? text : '-');
  return { notable: valueOf(request, 'show') === 'notable', search };
}

/** undefined: the address says of nothing when it was tried. */
function triedOf(request: FastifyRequest): WhatWasTried | undefined {
  const [at = '', due = ''] = ['at', 'due'].map((name) => valueOf(request, name));
  if (!/^\d{13}$/.test(at) || !/^\d{1,9}$/.test(due)) return undefined;
  const { reason } = filterOf(request);
  const choice = reason === undefined ? { kind: 'all' } : { kind: 'reason', reason };
  return { at: new Date(Number(at)), due: Number(due), choice: choice as WhatWasTried['choice'] };
}

function filterOf(request: FastifyRequest): SetAsideFilter {
  const reason = valueOf(request, 'reason') ?? '';
  const search = (valueOf(request, 'q') ?? '').trim();
  return {
    // What is no name of a reason, or no part of an id, is as if it were not said.
    ...(/^\w{1,60}$/.test(reason) && { reason }),
    ...(/^\w{1,100}$/.test(search) && { search }),
    closed: valueOf(request, 'show') === 'closed',
  };
}

function isDone(name: string): name is Done {
  return Object.hasOwn(DONE, name);
}

function valueOf({ query }: FastifyRequest, name: string): string | undefined {
  const value = (query as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : undefined;
}
