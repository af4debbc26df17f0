/** The JSON of the account itself. */

export function renderAccount(id: string): Record<string, unknown> {
  return {
    id,
    object: 'account',
    business_profile: { name: 'Sandbox Ltd', url: null },
    business_type: 'company',
    capabilities: { card_payments: 'active', transfers: 'active' },
    charges_enabled: true,
    country: 'US',
    created: Date.UTC(2020, 0, 1) / 1000,
    default_currency: 'usd',
    details_submitted: true,
    email: 'owner@example.com',
    metadata: {},
    payouts_enabled: true,
    settings: { dashboard: { display_name: 'Sandbox', timezone: 'Etc/UTC' } },
    type: 'standard',
  };
}
