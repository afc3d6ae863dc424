import { Page } from '../ui/page.tsx';

export function Requests() {
  return <Page title="Requests">{null}</Page>;
}
