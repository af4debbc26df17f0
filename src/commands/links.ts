/** Links into the Temporal Web UI. */
import type { Context } from './context';

interface RunOfWorkflow {
  readonly workflowId: string;
  readonly runId: string;
}

/** null when the address of the Web UI is not known. */
export async function linkTo(
  context: Context,
  { workflowId, runId }: RunOfWorkflow,
): Promise<string | null> {
  const { webUiUrl, temporal } = context.parts();
  const { webUiLink } = await import('../temporal/connection.js');
  return webUiLink(webUiUrl, temporal.namespace, workflowId, runId);
}
