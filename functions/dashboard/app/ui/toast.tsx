import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';

const shown = new EventTarget();

/** Says for a moment that something was done. */
export function toast(message: string): void {
  shown.dispatchEvent(new CustomEvent('toast', { detail: message }));
}

export function Toasts() {
  const [message, setMessage] = useState('');
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const show = (event: Event) => {
      setMessage((event as CustomEvent<string>).detail);
      clearTimeout(timer);
      timer = setTimeout(() => setMessage(''), 4_000);
    };
    shown.addEventListener('toast', show);
    return () => {
      shown.removeEventListener('toast', show);
      clearTimeout(timer);
    };
  }, []);
  return (
    <div class="toasts" role="status">
      {message !== '' && (
        <div class="toast">
          <Icon name="done" />
          {message}
        </div>
      )}
    </div>
  );
}
