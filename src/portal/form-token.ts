/** The token that each form carries. */
import { html, type Html } from './html';
import type { Visit } from './visit';

/** The token that shows that an action comes from a page of this session. */
export function formToken({ session }: Visit): Html {
  return html`<input type="hidden" name="token" value="${session.formToken}" />`;
}
