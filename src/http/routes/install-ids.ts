/** The three ids that Blnk names with every call. */
import { z } from 'zod';

const idOf = (prefix: string, longest = 100) =>
  z.string().regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{1,${longest}}$`));

export const INSTALL_IDS = {
  installed_app_id: idOf('instapp'),
  app_id: idOf('app'),
  // As an instance of the environment: 64 characters at most.
  instance_id: idOf('inst', 59),
};
