import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router } from 'preact-iso';
import { readSession, type SignedIn, sessionEnded } from './api.ts';
import { Frame } from './frame.tsx';
import { SessionContext } from './session.tsx';
import { SignIn } from './sign-in.tsx';
import { ErrorNote, Loading } from './ui/states.tsx';
import { Toasts } from './ui/toast.tsx';

const Overview = lazy(() => import('./pages/overview.tsx').then(page => page.Overview));
const Endpoints = lazy(() => import('./pages/endpoints.tsx').then(page => page.Endpoints));
const Endpoint = lazy(() => import('./pages/endpoint.tsx').then(page => page.Endpoint));
const Keys = lazy(() => import('./pages/keys.tsx').then(page => page.Keys));
const Credits = lazy(() => import('./pages/credits.tsx').then(page => page.Credits));
const Providers = lazy(() => import('./pages/providers.tsx').then(page => page.Providers));
const Requests = lazy(() => import('./pages/requests.tsx').then(page => page.Requests));
const OneRequest = lazy(() => import('./pages/request.tsx').then(page => page.OneRequest));
const Models = lazy(() => import('./pages/models.tsx').then(page => page.Models));
const Settings = lazy(() => import('./pages/settings.tsx').then(page => page.Settings));

type State = { kind: 'asking' } | { kind: 'out'; hasEnded: boolean } | { kind: 'in'; session: SignedIn };

export function App() {
  const [state, setState] = useState<State>({ kind: 'asking' });
  const [error, setError] = useState<unknown>();
  const ask = () => {
    setError(undefined);
    readSession()
      .then(session => setState(session ? { kind: 'in', session } : { kind: 'out', hasEnded: false }))
      .catch(setError);
  };
  useEffect(() => {
    ask();
    const end = () => setState(before => (before.kind === 'in' ? { kind: 'out', hasEnded: true } : before));
    sessionEnded.addEventListener('ended', end);
    return () => sessionEnded.removeEventListener('ended', end);
  }, []);

  if (error) return <div class="alone">{<ErrorNote error={error} retry={ask} />}</div>;
  if (state.kind === 'asking') return <Loading />;
  if (state.kind === 'out') {
    return <SignIn hasEnded={state.hasEnded} onSignedIn={session => setState({ kind: 'in', session })} />;
  }
  return (
    <SessionContext.Provider value={state.session}>
      <LocationProvider scope="/dashboard">
        <Frame onSignedOut={() => setState({ kind: 'out', hasEnded: false })}>
          <ErrorBoundary onError={setError}>
            <Router>
              <Route path="/dashboard" component={Overview} />
              <Route path="/dashboard/endpoints" component={Endpoints} />
              <Route path="/dashboard/endpoints/:id/:tab?" component={Endpoint} />
              <Route path="/dashboard/keys" component={Keys} />
              <Route path="/dashboard/credits" component={Credits} />
              <Route path="/dashboard/providers" component={Providers} />
              <Route path="/dashboard/requests" component={Requests} />
              <Route path="/dashboard/requests/:id" component={OneRequest} />
              <Route path="/dashboard/models" component={Models} />
              <Route path="/dashboard/settings/:tab?" component={Settings} />
              <Route default component={NotFound} />
            </Router>
          </ErrorBoundary>
        </Frame>
        <Toasts />
      </LocationProvider>
    </SessionContext.Provider>
  );
}

function NotFound() {
  return (
    <div class="alone">
      <h1>There is no such page</h1>
      <p>
        The address may be old. Go to the <a href="/dashboard">overview</a>.
      </p>
    </div>
  );
}
