/**
 * `fetch` that its signal ends in any case, its answer's body included. After a 421 that breaks off Node's own asks
 * once more by itself, and from then on the body neither ends nor hears the signal.
 */

/**
 * @param read what is made of the answer while the signal lets it
 * @throws whatever `fetch` and `read` throw; the signal's reason once it is aborted
 */
export async function fetchWithin<T>(
  input: string | URL | Request,
  init: RequestInit & { readonly signal: AbortSignal },
  read: (response: Response) => Promise<T>,
): Promise<T> {
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
    return await Promise.race([fetch(input, init).then(read), ended]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}
