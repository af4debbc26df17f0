/** What Stripe and the network have said reaches the reader, as codes and nothing else. */
import Stripe from 'stripe';
import { toSyncError } from '../../src/stripe/errors';

const HOST = 'api.stripe.com';

const refusal = (statusCode: number, code: string, message = 'secret words') => {
  const raw = { type: 'invalid_request_error' as const, message, statusCode, headers: {}, code };
  const { StripeAuthenticationError, StripePermissionError } = Stripe.errors;
  return statusCode === 401 ? new StripeAuthenticationError(raw) : new StripePermissionError(raw);
};

test.each([
  [401, 'api_key_expired', 'STRIPE_KEY_REJECTED', 'The key has expired'],
  [401, 'platform_api_key_expired', 'STRIPE_KEY_REJECTED', 'The key has expired'],
  [403, 'account_closed', 'STRIPE_KEY_REJECTED', 'Look at the account'],
  [403, 'ip_address_not_allowed', 'STRIPE_KEY_REJECTED', 'Allow the address'],
  [403, 'more_permissions_required', 'STRIPE_PERMISSION_MISSING', 'Grant the named permission'],
])('a %i with %s names it, and what to do', (status, code, ours, next) => {
  const fault = toSyncError(refusal(status, code), HOST);
  expect(fault).toMatchObject({ code: ours, details: { code } });
  expect(fault.message).toContain(next);
  expect(fault.message).not.toContain('secret words');
});

test.each(['sk_live_abc', 'rk_test_x', 'cus_someone', 'Text with spaces', 'a'.repeat(400)])(
  'a code that is none, %s, is not passed on',
  (code) => expect(toSyncError(refusal(403, code), HOST).details).not.toHaveProperty('code'),
);

test.each([
  [new TypeError('fetch failed', { cause: new Error('bad port') }), 'BAD_PORT', 'another port'],
  [Object.assign(new Error('x'), { code: 'ENOTFOUND' }), 'ENOTFOUND', 'nobody knows it'],
  [Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }), 'CERT_HAS_EXPIRED', 'not trusted'],
])('a connection that failed is told by its host and cause', (error, cause, next) => {
  const wrapped = new Stripe.errors.StripeConnectionError({
    message: 'An error occurred',
    detail: error,
  });
  for (const one of [error, wrapped]) {
    const fault = toSyncError(one, HOST);
    expect(fault).toMatchObject({ code: 'STRIPE_UNAVAILABLE', details: { host: HOST, cause } });
    expect(fault.message).toContain(next);
  }
});
