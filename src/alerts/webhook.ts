/** One message to ALERT_WEBHOOK_URL. Whatever it answers stays here. */
import { SyncError } from '../domain/errors';
import { fetchWithin } from '../fetch';
import type { Secret } from '../secret';
import type { WebhookBody } from './text';

/** @throws SyncError ALERT_WEBHOOK_FAILED unless it answers 2xx */
export async function sendWebhook(
  url: Secret,
  body: WebhookBody,
  signal: AbortSignal,
): Promise<void> {
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'blnk-stripe-sync' },
    body: JSON.stringify(body),
    // Elsewhere may be anywhere, and in clear.
    redirect: 'manual',
    signal,
  } as const;
  const { ok, status } = await fetchWithin(url.reveal(), options, async (response) => {
    await response.body?.cancel();
    return response;
  }).catch((error: unknown) => {
    // fetch's own error may quote the address, which may hold a token.
    throw new SyncError('ALERT_WEBHOOK_FAILED', causeOf(error));
  });
  if (!ok) throw new SyncError('ALERT_WEBHOOK_FAILED', { status });
}

function causeOf(error: unknown): Record<string, string> {
  if (!(error instanceof Error)) return {};
  if (error.name === 'TimeoutError') return { cause: 'TIMEOUT' };
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z_]{3,40}$/.test(code) ? { cause: code } : {};
}
