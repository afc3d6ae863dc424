import type { AnyRoute } from '../management/route.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { destinationRoutes } from './destinations.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { testRoutes } from './test-destination.ts';

export const routes: AnyRoute[] = [...destinationRoutes, ...testRoutes, ...deadLetterRoutes, ...subscriptionRoutes];
