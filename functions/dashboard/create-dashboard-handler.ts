import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createManagementHandler } from '../management/create-management-handler.ts';
import { toErrorResult } from '../management/error-result.ts';
import { ManagementError } from '../management/management-error.ts';
import type { Management } from '../management/route.ts';
import { openFiles } from './files.ts';
import { routes, sessionPath } from './routes.ts';

/**
 * The dashboard: its files for everybody, and sessions for pages of its own.
 * @param folder holds the built files
 */
export function createDashboardHandler(management: Management, folder: string) {
  const sessions = createManagementHandler(routes, management);
  const serveFile = openFiles(folder);
  return async (event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    if (event.rawPath !== sessionPath) return serveFile(event);
    if (event.headers['sec-fetch-site'] !== 'same-origin') {
      const message = 'Only the dashboard opens sessions; programs send their management key with each request';
      return toErrorResult(new ManagementError('permission_denied', message), event, management);
    }
    const result: APIGatewayProxyStructuredResultV2 = await sessions(event, context);
    const { 'set-cookie': cookie, ...headers } = result.headers ?? {};
    return cookie === undefined ? result : { ...result, headers, cookies: [String(cookie)] };
  };
}
