/** The JSON of an event. */
import type { Account } from '../account';
import type { EventRow, ObjectEventRow } from '../objects/event';
import { renderAny } from './any';
import { renderIntent } from './intent';
import { API_VERSION } from './view';

export function renderEvent(
  account: Account,
  event: EventRow | ObjectEventRow,
  livemode: boolean,
): Record<string, unknown> {
  const object =
    'intent' in event
      ? renderIntent(event.intent, { livemode })
      : renderAny(account, event.object, livemode);
  return {
    id: event.id,
    object: 'event',
    api_version: API_VERSION,
    created: event.created,
    // Snapshots never hold expanded objects, whatever the request asks for.
    data: { object },
    livemode,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    type: event.type,
  };
}
