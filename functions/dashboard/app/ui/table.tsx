import type { ComponentChildren } from 'preact';
import { Button } from './form.tsx';
import { ErrorNote } from './states.tsx';

export interface Column<Row> {
  name: string;
  /** Numbers are aligned by their last digit. */
  isNumber?: boolean;
  /** Left out on phones. */
  isExtra?: boolean;
  /** What can be done with a row needs no heading that is seen. */
  isActions?: boolean;
  cell(row: Row): ComponentChildren;
}

export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}) {
  const classOf = ({ isNumber, isExtra, isActions }: Column<Row>) =>
    [isNumber && 'number', isExtra && 'extra', isActions && 'row-actions'].filter(Boolean).join(' ');
  return (
    <section class="table" tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {columns.map(column => (
              <th key={column.name} scope="col" class={classOf(column)}>
                {column.isActions ? <span class="unseen">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={keyOf(row)}>
              {columns.map(column => (
                <td key={column.name} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Below a list that goes on. */
export function More({ of }: { of: { more: boolean; loadMore(): void; isLoadingMore: boolean; moreError: unknown } }) {
  return (
    <>
      {of.moreError !== undefined && <ErrorNote error={of.moreError} />}
      {of.more && (
        <div class="more">
          <Button onClick={of.loadMore} isBusy={of.isLoadingMore}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
