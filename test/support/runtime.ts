/** Temporal's runtime for tests: once per process, without signal handlers, silent. */
import { Runtime } from '@temporalio/worker';

let installed = false;

export function installRuntime(): void {
  if (installed) return;
  installed = true;
  const ignore = () => undefined;
  Runtime.install({
    shutdownSignals: [],
    // Tests fail on purpose a lot.
    logger: {
      log: ignore,
      trace: ignore,
      debug: ignore,
      info: ignore,
      warn: ignore,
      error: ignore,
    },
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
}
