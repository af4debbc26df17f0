/** GET /healthz: the process answers. GET /readyz: what it needs answers too. */
import type { FastifyPluginCallback } from 'fastify';
import { runProbes, type Probe } from '../../checks/probe';

export interface HealthOptions {
  /** Asked by /readyz. */
  readonly probes: readonly Probe[];
  /** Intents that wait, and for how many seconds the oldest has. */
  readonly backlog: () => Promise<{ readonly count: number; readonly seconds: number }>;
}

/** Milliseconds: an orchestrator asks every few seconds. */
const PROBE_MS = 3_000;

export function healthRoutes({ probes, backlog }: HealthOptions): FastifyPluginCallback {
  return (app, _options, done) => {
    // What asks these asks for ever, from one address; a limit would take the server out of service.
    const unlimited = { config: { rateLimit: false } };
    app.get('/healthz', unlimited, () => ({ ok: true }));
    app.get('/readyz', unlimited, async (_request, reply) => {
      const results = await runProbes(probes, PROBE_MS);
      const ok = results.every((result) => result.ok);
      // Names and codes only: details hold addresses, and anybody may ask.
      const parts = results.map(({ name, ok: fine, code }) => ({ name, ok: fine, code }));
      void reply.status(ok ? 200 : 503);
      return { ok, parts, ...(ok && { backlog: await backlog() }) };
    });
    done();
  };
}
