/** Outlines on a grid of 24, drawn with one stroke. */
const paths = {
  overview: 'M4 13h6V4H4zM14 20h6V4h-6zM4 20h6v-3H4z',
  requests: 'M4 6h16M4 12h16M4 18h10',
  endpoints: 'M5 12h5m4 0h5M10 12a2 2 0 1 0 4 0 2 2 0 1 0-4 0M5 5l6 5M5 19l6-5',
  keys: 'M14 10a4 4 0 1 0-3.5 4L12 15.500V18h3v3h4v-4l-5.300-5.300A4 4 0 0 0 14 10zM9 9h.01',
  credits: 'M3 7h18v11H3zM3 11h18M7 15h3',
  providers: 'M5 4h14v6H5zM5 14h14v6H5zM8.500 7h.01M8.500 17h.01',
  models: 'M12 3l8 4.500v9L12 21l-8-4.500v-9zM12 12l8-4.500M12 12v9M12 12L4 7.500',
  settings:
    'M4 7h9m5 0h2M4 17h3m5 0h8M13 7a2.500 2.500 0 1 0 5 0 2.500 2.500 0 1 0-5 0M7 17a2.500 2.500 0 1 0 5 0 2.500 2.500 0 1 0-5 0',
  menu: 'M4 7h16M4 12h16M4 17h16',
  leave: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  light:
    'M12 8a4 4 0 1 0 0 8 4 4 0 1 0 0-8M12 2v2m0 16v2M2 12h2m16 0h2M5 5l1.500 1.500m11 11L19 19M19 5l-1.500 1.500m-11 11L5 19',
  dark: 'M20 14.500A8 8 0 1 1 9.500 4a6.500 6.500 0 0 0 10.500 10.500z',
  system: 'M3 5h18v11H3zM9 20h6M12 16v4',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  done: 'M5 12.500l4.500 4.500L19 7.500',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 9l6 6 6-6',
  right: 'M9 6l6 6-6 6',
  reload: 'M20 11a8 8 0 1 0-2 6M20 5v6h-6',
  plus: 'M12 5v14M5 12h14',
  warning: 'M12 4l9 16H3zM12 10v4M12 17h.01',
} as const;

export type IconName = keyof typeof paths;

/** @param label what it says where nothing else does; without one it is decoration */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  return (
    <>
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d={paths[name]} />
      </svg>
      {label !== undefined && <span class="unseen">{label}</span>}
    </>
  );
}

export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="7" />
        <path d="M8 12h16M16 12v12M11 8h10" />
      </svg>
      Tollgate
    </span>
  );
}
