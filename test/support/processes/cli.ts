/** The Temporal CLI of this machine, found or fetched as the product does it. */
import { loadConfig } from '../../../src/config';
import { resolveTemporalCli } from '../../../src/local/temporal/cli-resolver';

export function temporalCli(): Promise<string> {
  const { temporalCliPath, cacheDir, pathVariable } = loadConfig('cli', process.env);
  return resolveTemporalCli({
    cliPath: temporalCliPath,
    cacheDir,
    pathVariable,
    say: (line) => process.stderr.write(`${line}\n`),
  });
}
