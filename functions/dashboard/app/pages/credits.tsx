import { Page } from '../ui/page.tsx';

export function Credits() {
  return <Page title="Credits">{null}</Page>;
}
