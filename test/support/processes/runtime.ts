/** Temporal's runtime for tests: once per process, without signal handlers, silent. */
import { Runtime } from '@temporalio/worker';
import { silentLogger } from '../silent-logger';

let installed = false;

export function installRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    shutdownSignals: [],
    logger: silentLogger,
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
}
