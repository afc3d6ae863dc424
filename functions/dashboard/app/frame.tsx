import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { actFor, signOut } from './api.ts';
import { useActing, useSession } from './session.tsx';
import { chooseTheme, chosenTheme, type Theme } from './theme.ts';
import { Icon, type IconName, Logo } from './ui/icons.tsx';

const places: { href: string; name: string; icon: IconName }[] = [
  { href: '/dashboard', name: 'Overview', icon: 'overview' },
  { href: '/dashboard/requests', name: 'Requests', icon: 'requests' },
  { href: '/dashboard/endpoints', name: 'Endpoints', icon: 'endpoints' },
  { href: '/dashboard/keys', name: 'Keys', icon: 'keys' },
  { href: '/dashboard/credits', name: 'Credits', icon: 'credits' },
  { href: '/dashboard/providers', name: 'Providers', icon: 'providers' },
  { href: '/dashboard/models', name: 'Models', icon: 'models' },
  { href: '/dashboard/settings', name: 'Settings', icon: 'settings' },
];

const themes: Record<Theme, { next: Theme; name: string; icon: IconName }> = {
  system: { next: 'light', name: 'Theme: as the system', icon: 'system' },
  light: { next: 'dark', name: 'Theme: light', icon: 'light' },
  dark: { next: 'system', name: 'Theme: dark', icon: 'dark' },
};

/** What is around every page: where one can go, who is signed in. */
export function Frame({ children, onSignedOut }: { children: ComponentChildren; onSignedOut(): void }) {
  const { path } = useLocation();
  const session = useSession();
  const acting = useActing();
  const [isOpen, setOpen] = useState(false);
  const [theme, setTheme] = useState(chosenTheme());
  useEffect(() => setOpen(false), [path]);
  const isHere = (href: string) => (href === '/dashboard' ? path === href : path.startsWith(href));
  const leave = async () => {
    await signOut().catch(() => {}); // without a connection the session ends by itself
    onSignedOut();
  };
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to content
      </a>
      <header class="topbar">
        <button
          type="button"
          class="icon-button"
          aria-expanded={isOpen}
          aria-controls="places"
          onClick={() => setOpen(!isOpen)}
        >
          <Icon name="menu" label="Menu" />
        </button>
        <Logo />
      </header>
      <nav id="places" class={isOpen ? 'sidebar is-open' : 'sidebar'} aria-label="Main">
        <a class="brand" href="/dashboard">
          <Logo />
        </a>
        <ul>
          {places.map(({ href, name, icon }) => (
            <li key={href}>
              <a href={href} aria-current={isHere(href) ? 'page' : undefined}>
                <Icon name={icon} />
                {name}
              </a>
            </li>
          ))}
        </ul>
        <div class="who">
          <div class="who-name" title={session.account_id}>
            {session.account_description || session.account_id}
            <span class="muted">{session.role}</span>
          </div>
          <button
            type="button"
            class="icon-button"
            onClick={() => {
              chooseTheme(themes[theme].next);
              setTheme(themes[theme].next);
            }}
          >
            <Icon name={themes[theme].icon} label={themes[theme].name} />
          </button>
          <button type="button" class="icon-button" onClick={leave}>
            <Icon name="leave" label="Sign out" />
          </button>
        </div>
      </nav>
      <main id="content" tabIndex={-1} key={acting?.id}>
        {acting && (
          <div class="acting" role="status">
            <span>
              You act for <strong title={acting.id}>{acting.description || acting.id}</strong>: what you see and change
              is theirs.
            </span>
            <button type="button" class="button button-plain" onClick={() => actFor(undefined)}>
              Back to your own account
            </button>
          </div>
        )}
        {children}
      </main>
    </div>
  );
}
