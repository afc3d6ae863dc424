import { useRoute } from 'preact-iso';
import { Page, Tabs } from '../ui/page.tsx';
import { AccountTab } from './settings/account-tab.tsx';
import { AuditTab } from './settings/audit-tab.tsx';
import { DestinationsTab } from './settings/destinations-tab.tsx';
import { ManagementKeysTab } from './settings/management-keys-tab.tsx';

const tabs = [
  { id: 'keys', name: 'Management keys', content: ManagementKeysTab },
  { id: 'destinations', name: 'Events', content: DestinationsTab },
  { id: 'audit', name: 'Audit log', content: AuditTab },
  { id: 'account', name: 'Account', content: AccountTab },
];

export function Settings() {
  const { params } = useRoute();
  const shown = tabs.find(tab => tab.id === (params.tab || 'keys'));
  const Content = shown?.content;
  return (
    <Page title="Settings">
      <Tabs
        label="Settings"
        tabs={tabs.map(({ id, name }) => ({ name, href: `/dashboard/settings/${id}`, isHere: id === shown?.id }))}
      />
      {Content ? <Content /> : <p>There is no such part of the settings; choose one above.</p>}
    </Page>
  );
}
