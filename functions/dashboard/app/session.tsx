import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { SignedIn } from './api.ts';

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
