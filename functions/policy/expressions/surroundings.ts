import { type CelType, declareType, int } from './cel-type.ts';
import type { PolicyFacts } from './policy-facts.ts';

/** A class for each variable: the engine tells types by their class. */
function viewOfFacts() {
  return class {
    readonly facts: PolicyFacts;

    constructor(facts: PolicyFacts) {
      this.facts = facts;
    }
  };
}

export const ConnectionView = viewOfFacts();
export const EndpointView = viewOfFacts();
export const TimeView = viewOfFacts();
export const RandomView = viewOfFacts();

/** The types of `conn`, `endpoint`, `time` and `rand`. */
export const surroundingTypes: readonly CelType[] = [
  declareType('Connection', 'conn', ConnectionView, {
    client_ip: ['string', ({ facts }) => facts.request.clientIp],
    server_region: ['string', ({ facts }) => facts.region],
  }),
  declareType('Endpoint', 'endpoint', EndpointView, {
    id: ['string', ({ facts }) => facts.endpoint.id],
    slug: ['string', ({ facts }) => facts.endpoint.slug],
    url: ['string', ({ facts }) => facts.endpoint.url],
    host: ['string', view => endpointUrl(view).hostname],
    port: ['int', view => int(portOf(endpointUrl(view)))],
    addr: ['string', view => `${endpointUrl(view).hostname}:${portOf(endpointUrl(view))}`],
    protocol: ['string', view => endpointUrl(view).protocol.replace(/:$/, '')],
  }),
  declareType('Time', 'time', TimeView, { now: ['string', ({ facts }) => new Date(facts.nowMs).toISOString()] }),
  { name: 'Random', label: 'rand', wrapper: RandomView, fields: {} },
];

function endpointUrl({ facts }: { facts: PolicyFacts }): URL {
  return new URL(facts.endpoint.url);
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'http:' ? 80 : 443;
}
