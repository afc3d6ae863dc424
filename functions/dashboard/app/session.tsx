import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { actingChanged, actingFor, type SignedIn } from './api.ts';

export const SessionContext = createContext<SignedIn | undefined>(undefined);

/** Who is signed in; only pages behind the sign-in ask. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (!session) throw new Error('nobody is signed in');
  return session;
}

/** Whether what a page offers would be refused. The API decides; this hides what it would not take. */
export const useMayWrite = (): boolean => useSession().role !== 'viewer';
export const useIsOperator = (): boolean => useSession().role === 'operator';

/** The account that an operator looks at, when that is not the operator's own. */
export function useActing() {
  const [account, setAccount] = useState(actingFor());
  useEffect(() => {
    const change = () => setAccount(actingFor());
    actingChanged.addEventListener('changed', change);
    return () => actingChanged.removeEventListener('changed', change);
  }, []);
  return account;
}
