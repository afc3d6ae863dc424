import { Page } from '../ui/page.tsx';

export function OneRequest() {
  return <Page title="OneRequest">{null}</Page>;
}
