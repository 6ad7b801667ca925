/** A query of a panel, as it stands in the board. */
export interface PanelQuery {
  readonly panel: string;
  readonly query: string;
  /** The labels that its legend shows. */
  readonly labels: readonly string[];
}

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  /** Of a row that is collapsed. */
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

/** All panels of a board, in the format in which Grafana exports it, without the rows. */
export function panelsOf(board: string): Panel[] {
  const { panels } = JSON.parse(board) as { panels: readonly Panel[] };
  return panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).filter(({ type }) => type !== 'row');
}

export function queriesOf(board: string): PanelQuery[] {
  return panelsOf(board).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({
      panel: title,
      query: expr,
      labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
    })),
  );
}

/** What Grafana sends to Prometheus: the query with its variables replaced. Throws if one has no value. */
export function withValues(query: string, values: Readonly<Record<string, string>>): string {
  return query.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (text, braced?: string, plain?: string) => {
    const value = values[braced ?? plain ?? ''];
    if (value === undefined) throw new Error(`the variable ${text} has no value: ${query}`);
    return value;
  });
}
