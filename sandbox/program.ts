/**
 * Life of a stand-in that runs as its own process: tells its parent where it listens and ends with
 * it, so that a killed `npm start` leaves no stand-in behind.
 */

export interface Running {
  readonly url: string;
  close(): Promise<void>;
}

export async function runProgram(start: () => Promise<Running>): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    failProgram(error);
    return;
  }

  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    running.close().then(() => process.exit(0), failProgram);
  };
  process.once('SIGTERM', end);
  if (process.send === undefined) {
    process.once('SIGINT', end);
    process.stdout.write(`${running.url}\n`);
    return;
  }
  // Ctrl-C reaches the whole process group. The parent decides in which order its parts end.
  process.on('SIGINT', () => undefined);
  process.once('disconnect', end);
  process.send({ type: 'ready', url: running.url });
}

/** Ends the process with the reason on standard error. */
export function failProgram(error: unknown): void {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${reason}\n`, () => process.exit(1));
}
