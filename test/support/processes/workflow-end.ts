/** The end of a workflow, whether or not its server is there all the time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError, WorkflowFailedError, type Client } from '@temporalio/client';

/** Waits for a workflow's end. A failure is an outcome like others: its row tells. */
export async function untilEnded(client: Client, workflowId: string): Promise<void> {
  await whileServing(() =>
    client.workflow
      .getHandle(workflowId)
      .result()
      .catch((error: unknown) => {
        if (!(error instanceof WorkflowFailedError)) throw error;
      }),
  );
}

/** Asks Temporal again until it is back: a test may have ended the server. */
export async function whileServing<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      await sleep(100);
    }
  }
}
