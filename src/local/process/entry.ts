/** What every supervised program does: report readiness, and end when its parent is gone. */
import { join, sep } from 'node:path';

/** How long a program may take to stop by itself once its parent is gone. */
const GRACE_MS = 10_000;

/** Path of a compiled program, `local/process/leash` for example, from dist or from the TypeScript sources. */
export function entryPath(name: string): string {
  const root = join(__dirname, '..', '..');
  const built = root.endsWith(`${sep}src`) ? join(root, '..', 'dist') : root;
  return join(built, `${name}.js`);
}

/** Tells the supervisor that the work can begin. Does nothing in a program that was started by hand. */
export function reportReady(details: Readonly<Record<string, string | number>> = {}): void {
  process.send?.({ type: 'ready', ...details });
}

/**
 * Stops this program by SIGTERM, its ordinary way, when the parent is gone, and by force when that
 * takes too long. A parent that was killed cannot tell, but its IPC channel closes.
 */
export function endWithParent(graceMs = GRACE_MS): void {
  if (process.send === undefined) return;
  const end = () => {
    setTimeout(() => process.exit(1), graceMs).unref();
    process.kill(process.pid, 'SIGTERM');
  };
  if (!process.connected) {
    end();
    return;
  }
  process.once('disconnect', end);
  // Listening keeps a program alive that has otherwise finished.
  process.channel?.unref();
}
