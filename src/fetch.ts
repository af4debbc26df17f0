/**
 * `fetch` that its signal ends in any case. After a 421 that breaks off Node's own asks once more by itself,
 * and from then on it neither answers nor hears its signal.
 */

/** @throws whatever `fetch` throws; the signal's reason once it is aborted */
export async function fetchWithin(
  input: string | URL | Request,
  init: RequestInit & { readonly signal: AbortSignal },
): Promise<Response> {
  const { signal } = init;
  signal.throwIfAborted();
  let end = (): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    // The reason of an abort is an error by convention only.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    end = () => reject(signal.reason);
  });
  signal.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([fetch(input, init), ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
