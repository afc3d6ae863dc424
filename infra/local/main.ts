import { DataFolderError, DataFolderInUseError } from './data-folder.ts';
import { PortTakenError } from './http-server.ts';
import { readLocalSettings, SettingsError } from './settings.ts';
import { startLocalStack } from './start-local-stack.ts';

/** Mistakes of whoever started us: one clear line each, and no stack. */
const expectedErrors = [SettingsError, PortTakenError, DataFolderInUseError, DataFolderError];

try {
  const stack = await startLocalStack(readLocalSettings(process.env));
  console.log(stack.message);
  const stop = async () => {
    await stack.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  const isExpected = expectedErrors.some(kind => error instanceof kind);
  console.error(isExpected ? `tollgate: ${(error as Error).message}` : error);
  process.exit(1);
}
