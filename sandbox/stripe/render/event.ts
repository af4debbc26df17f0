/** The JSON of an event. */
import type { EventRow } from '../objects/event';
import { renderIntent } from './intent';
import { API_VERSION, type View } from './view';

export function renderEvent(event: EventRow, view: View): Record<string, unknown> {
  return {
    id: event.id,
    object: 'event',
    api_version: API_VERSION,
    created: event.created,
    // Snapshots never hold expanded objects, whatever the request asks for.
    data: { object: renderIntent(event.intent, { livemode: view.livemode }) },
    livemode: view.livemode,
    pending_webhooks: 0,
    request: { id: null, idempotency_key: null },
    type: event.type,
  };
}
