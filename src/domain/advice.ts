/**
 * What to do about an error whose cause is known more exactly than its code: by the SQLSTATE of a
 * database, the system's code of a connection, or Stripe's code of a refusal. All come from fixed lists.
 */

const DATABASE: Readonly<Record<string, string>> = {
  '42501':
    'Let the user of DATABASE_URL do this; for `migrate`: grant create on schema public to that user (docs/database.md).',
  '3F000': 'Create the schema that the search path of this user names (docs/database.md).',
  '28P01': 'Correct the password in DATABASE_URL.',
  '28000': 'Correct the user in DATABASE_URL, or let it in by pg_hba.conf.',
  '3D000': 'Create this database, or correct its name in DATABASE_URL.',
  '25006': 'Use the primary server in DATABASE_URL: this one only reads.',
  '53100': 'Make room on the disk of the database.',
  '53300': 'Allow more connections to the database, or run fewer programs on it.',
  NO_PASSWORD: 'Put the password into DATABASE_URL: the server asks for one.',
  SSL_NOT_SUPPORTED:
    'The server does not support SSL: turn it on there, or take sslmode out of DATABASE_URL (docs/database.md).',
  MIGRATION_RUNNING: 'Wait: another `migrate` is at work. Then run it again.',
};

/** An answer is there, but its certificate is not believed. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)_|ALTNAME|ISSUER/;

const TRUST_DATABASE =
  'The certificate of the server is not trusted: give its authority by sslrootcert in DATABASE_URL (docs/database.md).';
const TRUST_SERVER =
  'The certificate of the server is not trusted: give its authority by NODE_EXTRA_CA_CERTS, and check the address and the clock of this machine.';

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Check the name of the host: nobody knows it.',
  EAI_AGAIN: 'Check DNS on this machine: names are not resolved.',
  BAD_PORT: 'Use another port: HTTP clients refuse this one.',
  EPROTO: 'Check http and https: the other side does not speak TLS as expected.',
};

const OTHER_RIGHTS =
  'Let this user write there: the folder belongs to another one, or its mode forbids it.';
const DISK: Readonly<Record<string, string>> = {
  EROFS: 'Start it in a folder that can be written: this one is on a disk that is only read.',
  EACCES: OTHER_RIGHTS,
  EPERM: OTHER_RIGHTS,
  ENOTDIR: 'A file lies where the folder should be: move it away.',
  EEXIST: 'A file lies where the folder should be: move it away.',
};

const TEMPORAL: Readonly<Record<string, string>> = {
  TLS: 'Check TEMPORAL_TLS and the profile: one side speaks TLS and the other does not.',
  CERTIFICATE:
    'Give the authority of the certificate by TEMPORAL_TLS_SERVER_CA_CERT_PATH, and check the name in TEMPORAL_ADDRESS.',
  REFUSED: 'Check TEMPORAL_API_KEY or the client certificate, and TEMPORAL_NAMESPACE.',
  ECONNRESET:
    'Check that it is up; a server with TLS also ends connections without: then set TEMPORAL_TLS=true.',
};

/** Stripe's own codes of a refusal, by what they speak of. */
const STRIPE: readonly (readonly [RegExp, string])[] = [
  [
    /expired/,
    'The key has expired: make a new restricted key in the Stripe Dashboard, then run `check`.',
  ],
  [
    /\bip_|_ip_|address/,
    'Allow the address of this machine for the key in the Stripe Dashboard, then run `check`.',
  ],
  [
    /account|closed|platform/,
    'Look at the account in the Stripe Dashboard: Stripe refuses it, not a permission of the key.',
  ],
];

/** Whether Stripe refuses the key or its account as a whole, whatever the status says: no permission would help. */
export function isOfWholeKey(code: string): boolean {
  return STRIPE.some(([form]) => form.test(code));
}

/** undefined: the advice of the code itself is all there is. */
export function adviceFor(
  code: string,
  details: Readonly<Record<string, string | number | boolean>>,
): string | undefined {
  const cause = String(details['cause'] ?? '');
  if (code === 'STORE_UNAVAILABLE') {
    return DATABASE[cause] ?? (CERTIFICATE.test(cause) ? TRUST_DATABASE : undefined);
  }
  if (code === 'TEMPORAL_UNAVAILABLE') return TEMPORAL[cause];
  if (code === 'DISK_UNWRITABLE') return DISK[cause];
  if (code === 'STRIPE_KEY_REJECTED' || code === 'STRIPE_PERMISSION_MISSING') {
    const said = String(details['code'] ?? '');
    return STRIPE.find(([form]) => form.test(said))?.[1];
  }
  if (code === 'STRIPE_UNAVAILABLE' || code === 'BLNK_UNAVAILABLE') {
    return NETWORK[cause] ?? (CERTIFICATE.test(cause) ? TRUST_SERVER : undefined);
  }
  return undefined;
}
